"""Letting a ready version serve an environment, on the environment's settings."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from baseten_tei.baseten.api import ApiError, BasetenApi
from baseten_tei.baseten.statuses import FAILED, PROMOTION_FAILED
from baseten_tei.baseten.versions import (
    EnvironmentSettings,
    Serving,
    Version,
    region_on_baseten,
    settings_differ,
)
from baseten_tei.deployment.ownership import foreign_problem, owner_of
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.release.scheduling import naming_early_settings
from baseten_tei.provider.release.waiting import Waiting

FORBIDDEN = 403


def settings_of(inputs: Values) -> EnvironmentSettings:
    """Return the settings that an environment's inputs ask for."""
    return EnvironmentSettings(
        inputs["autoscaling"], inputs.get("promotion"), inputs.get("request_backpressure")
    )


class Promoting:
    """Creates environments, promotes versions into them, and waits until they serve."""

    def __init__(
        self,
        api: BasetenApi,
        waiting: Waiting,
        refuse_unwanted: Callable[[], None] = lambda: None,
    ) -> None:
        """`refuse_unwanted` raises where nobody waits for a release any more."""
        self._api = api
        self._waiting = waiting
        self._refuse_unwanted = refuse_unwanted

    def list_served(self, inputs: Values, model_id: str) -> frozenset[str]:
        """Return what the environment serves, or is on its way to, as a release begins: ids and config digests."""
        now = self._api.serving(model_id, inputs["environment"])
        versions = [it for it in (now.current, now.candidate) if it] if now else []
        return frozenset(name for it in versions for name in (it.id, it.digest) if name)

    def serve(
        self,
        inputs: Values,
        model_id: str,
        version: Version,
        *,
        redeploy: bool,
        deadline: float,
        served_before: frozenset[str],
        held: Collection[str] = (),
    ) -> Serving:
        """Return the environment once `version`, or Baseten's copy of it, serves; `redeploy` starts it anew.

        `held` are the deployments that the state names: whoever pushed them, they are its own. Raises `UserError`,
        also where it no longer serves what it did when the release began (`served_before`);
        what served before serves on.
        """
        settings, region = settings_of(inputs), region_on_baseten(inputs.get("region"))
        before = self._await_settled(inputs, model_id, deadline)
        self._refuse_unwanted()
        _refuse_overtaken(inputs, version, before, served_before)
        _refuse_another_state(inputs, before, held)
        if before is None:
            with naming_early_settings(inputs):
                self._api.create_environment(model_id, inputs["environment"], settings)
        serves = before is not None and _serves(before, version)
        moves = not _is_there(before, region)
        if before and serves and not redeploy and not moves:
            if settings_differ(before, settings):
                with naming_early_settings(inputs):
                    self._api.update_environment(model_id, inputs["environment"], settings)
            return before
        self._waiting.tell(f"promoting {version.id} into {inputs['environment']}")
        anew = serves and redeploy
        with _naming_region(inputs, region), naming_early_settings(inputs):
            self._api.promote(
                model_id, inputs["environment"], version.id, settings, redeploy=anew, region=region
            )
        served = before.current.id if before and before.current else None
        arrived = _arrival(version, served, region, anew=anew)
        return self._promote(inputs, model_id, version, arrived, deadline)

    def _await_settled(self, inputs: Values, model_id: str, deadline: float) -> Serving | None:
        """The environment after whatever promotion was under way; a killed `up` may have begun ours."""

        def look() -> tuple[Serving | None] | None:
            now = self._api.serving(model_id, inputs["environment"])
            return (now,) if now is None or not now.promoting else None

        if found := self._waiting.until(look, deadline):
            return found[0]
        raise UserError(
            f"{_environment_name(inputs)}: another promotion into it is still under way: wait for it and run "
            "`pulumi up`, or cancel it on Baseten's page of the model"
        )

    def _promote(
        self,
        inputs: Values,
        model_id: str,
        version: Version,
        arrived: Callable[[Serving], bool],
        deadline: float,
    ) -> Serving:

        def look() -> Serving | None:
            now = self._api.serving(model_id, inputs["environment"])
            if now is None or now.promoting:
                return None
            if arrived(now):
                return now
            if now.promotion_error or now.promotion_status in PROMOTION_FAILED:
                said = now.promotion_error or f"the promotion was {now.promotion_status}"
                raise UserError(
                    f"{_environment_name(inputs)}: {version.id} was not promoted ({said}), and what served before "
                    "serves on: run `pulumi up` to try again"
                )
            return None

        if found := self._waiting.until(look, deadline):
            return found
        raise UserError(
            f"{_environment_name(inputs)}: {version.id} is still being promoted after "
            f"{inputs['deploy_timeout_minutes']:g} minutes: run `pulumi up` to wait on"
        )


def _refuse_overtaken(
    inputs: Values, version: Version, now: Serving | None, served_before: frozenset[str]
) -> None:
    """Raise `UserError` where another release came in between; Baseten itself makes a first version production."""
    current = now.current if now else None
    expected = served_before | {version.id, version.digest}
    if current and not expected & {current.id, current.digest or current.id}:
        raise UserError(
            f"{_environment_name(inputs)}: another release made it serve {current.id} while this one waited, so "
            f"{version.id} is not promoted: run `pulumi up` again if it still should be"
        )


def _refuse_another_state(inputs: Values, before: Serving | None, held: Collection[str]) -> None:
    """Two machines may push into one name at once, past each other's locks: the first to serve keeps it."""
    current = before.current if before else None
    if current is None or current.id in held or inputs.get("adopt"):
        return
    if problem := foreign_problem(owner_of(inputs), current):
        raise UserError(f"{_environment_name(inputs)} {problem}")


def _arrival(
    version: Version, served_before: str | None, region: str | None, *, anew: bool
) -> Callable[[Serving], bool]:
    """How to tell that a promotion has arrived.

    Baseten may serve a copy (another id): of what serves another environment, or starts anew. A copy has the
    labels of its origin; one of a version without a digest is known by being new.
    """

    def arrived(now: Serving) -> bool:
        if not _is_there(now, region):
            return False
        changed = now.current is not None and now.current.id != served_before
        unlabelled = not version.digest and changed
        return (changed or not anew) and (_serves(now, version) or unlabelled)

    return arrived


@contextmanager
def _naming_region(inputs: Values, region: str | None) -> Iterator[None]:
    """Say of a promotion that Baseten does not allow that it may be its region."""
    try:
        yield
    except ApiError as error:
        if error.status != FORBIDDEN or not region:
            raise
        raise UserError(
            f"{_environment_name(inputs)}: region {region!r} is not allowed, so nothing is promoted, and what served "
            f"before serves on ({error}): leave region out, or ask Baseten's support to enable regions for your "
            "organization"
        ) from error


def _is_there(serving: Serving | None, region: str | None) -> bool:
    """Whether what serves runs where it should; without a wanted region it does."""
    current = serving.current if serving else None
    return region is None or current is None or current.region == region


def _serves(serving: Serving, version: Version) -> bool:
    """By id, or by digest where Baseten made a copy of it on the same kind of instance; a dead one serves nobody."""
    current = serving.current
    if current is None or current.id == version.id:
        return current is not None
    alike = bool(version.digest) and current.digest == version.digest
    alive = current.status not in FAILED
    return alike and alive and current.instance_type == version.instance_type


def _environment_name(inputs: Values) -> str:
    return f"model {inputs['model']!r}: environment {inputs['environment']!r}"
