"""Bringing a version into an environment: find it, wait, gate, promote, tidy up."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.versions import GLOBAL, Version, region_on_baseten, shortened_problem
from baseten_tei.deployment.labels import DIGEST_LABEL
from baseten_tei.deployment.ownership import owner_of
from baseten_tei.deployment.read_back.pinned_spec import read_pinned_spec
from baseten_tei.errors import UserError
from baseten_tei.outputs.spaces.fingerprint import keep_fingerprint
from baseten_tei.outputs.spaces.known_spaces import keep_spaces
from baseten_tei.provider.protocol.ids import join_id
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.release.cleanup import tidy
from baseten_tei.provider.release.gates.gates import RefusedVersionError
from baseten_tei.provider.release.no_capacity import ReadLock
from baseten_tei.provider.release.promotion import Promoting
from baseten_tei.provider.release.readiness import Readiness
from baseten_tei.provider.release.version_choice import (
    PREVIOUS,
    pin_problem,
    pinned_version,
    version_of_digest,
)
from baseten_tei.provider.release.waiting import UNPUSHED_SECONDS, WARM_UP_SECONDS, Waiting

DELETED = (
    "It was deleted (on_refusal: delete): change the spec, or run `pulumi refresh` and then `pulumi up` "
    "to push it again"
)


LEFT_OUT = {"keep_deployments": 3, "deploy_timeout_minutes": 30}
"""What holds where an input is left out: the spec's own defaults."""


class Gate(Protocol):
    """What a version has to pass before it gets traffic; see `gates`."""

    def check(
        self, inputs: Values, model_id: str, version_id: str, seconds: float
    ) -> dict[str, Any]:
        """Return what the version says of itself, as outputs. Raises `RefusedVersionError`."""


class Releasing:
    """Releases with their surroundings as arguments; `patience_seconds` is a shorter deadline than the spec's."""

    def __init__(
        self,
        api: BasetenApi,
        gate: Gate,
        waiting: Waiting,
        warn: Callable[[str], None] = lambda _: None,
        patience_seconds: float | None = None,
        refuse_unwanted: Callable[[], None] = lambda: None,
        is_included: Callable[[str], bool] = lambda _: True,
        read_lock: ReadLock = lambda _: {},
    ) -> None:
        """`refuse_unwanted` raises where nobody waits for a release any more.

        `is_included` says whether the model of this ID is part of the operation, and its push with it; `read_lock`
        gives a stack's locked facts.
        """
        self._api = api
        self._gate = gate
        self._waiting = waiting
        self._warn = warn
        self._patience = patience_seconds
        self._is_included = is_included
        self._readiness = Readiness(api, waiting, read_lock)
        self._promoting = Promoting(api, waiting, refuse_unwanted)

    def release(self, inputs: Values, state: Values) -> Values:
        """Let the wanted or pinned version serve: outputs. `state` is what the last release left, or empty.

        Raises `UserError`; what served before then serves on.
        """
        inputs = self._in_time(inputs)
        deadline = self._waiting.clock() + 60.0 * inputs["deploy_timeout_minutes"]
        self._refuse_region(inputs)
        model_id, version = self._find_version(inputs, state)
        before = self._promoting.list_served(inputs, model_id)
        failed_before = state.get("failed_deployment_id")
        self._readiness.ready(inputs, model_id, version, failed_before, deadline)
        told = self._check_gates(inputs, model_id, version, deadline)
        redeploy = _is_rotated(inputs, state)
        serving = self._promoting.serve(
            inputs,
            model_id,
            version,
            redeploy=redeploy,
            deadline=deadline,
            served_before=before,
            held=_held_ids(state),
        )
        current = serving.current or version
        found = {
            "model_id": model_id,
            "deployment_id": current.id,
            "serving_digest": current.digest,
            "instance_type": current.instance_type,
            "previous_deployment_id": _previous(state, current),
            "kept_deployment_ids": tidy(
                self._api, inputs, model_id, self._warn, _refused_ids(state)
            ),
            "drift": {},
            **told,
            **_fingerprint_output(told, state),
        }
        return {
            **found,
            **_spaces_output(state, found),
            **self._pinned_spec(inputs, model_id, version),
        }

    def _refuse_region(self, inputs: Values) -> None:
        """Raise `UserError` for a region that the account has not: before a version is waited for."""
        if not region_on_baseten(region := inputs.get("region")):
            return
        known = self._api.regions(inputs.get("team"))
        if region not in known:
            have = f"has {', '.join(known)}" if known else "has none to choose"
            raise UserError(
                f"model {inputs['model']!r}: environment {inputs['environment']!r}: region {region!r} is not one of "
                f"your organization, which {have}: write one of them, region: {GLOBAL}, or ask Baseten's support"
            )

    def _pinned_spec(self, inputs: Values, model_id: str, version: Version) -> Values:
        """Return what a pinned version was pushed with; nothing where the spec's own version serves."""
        if not inputs.get("deployment"):
            return {}
        read = partial(self._api.config, model_id, version.id)
        spec = read_pinned_spec(inputs["model"], version.id, version.labels, read, self._warn)
        return {"pinned_spec": spec}

    def _in_time(self, inputs: Values) -> Values:
        """The inputs, whole, with the deadline that holds here, so that messages tell that one."""
        whole = {**LEFT_OUT, **inputs}
        minutes = float(whole["deploy_timeout_minutes"])
        held = minutes if self._patience is None else min(minutes, self._patience / 60)
        return {**whole, "deploy_timeout_minutes": held}

    def _find_version(self, inputs: Values, state: Values) -> tuple[str, Version]:
        """Return the version, once it is there: what was just pushed may be unknown for a while.

        Raise `UserError` where it does not come: soon if no push was part of the operation (`--target`), since a
        push ends before its environments begin.
        """

        def look() -> tuple[str, Version] | None:
            model_id = self._api.find_model(inputs["model"], inputs.get("team"))
            version = self._version(model_id, inputs, state) if model_id else None
            return (model_id, version) if model_id and version else None

        pushed = self._is_included(join_id(inputs["model"], inputs.get("team")))
        if found := self._waiting.for_a_while(
            look, WARM_UP_SECONDS if pushed else UNPUSHED_SECONDS
        ):
            return found
        model_id = self._api.find_model(inputs["model"], inputs.get("team"))
        versions = self._api.versions(model_id) if model_id else []
        if problem := shortened_problem(
            inputs["model"], versions, {DIGEST_LABEL: inputs["digest"]}
        ):
            raise UserError(problem)
        missing = f"model {inputs['model']!r}: no deployment of {inputs['digest']} was found"
        if pushed:
            raise UserError(f"{missing} after the push: run `pulumi refresh`, then `pulumi up`")
        raise UserError(
            f"{missing}, and this operation does not push one: run `pulumi up` without --target, or add the model "
            "and its push: --target '**-model' --target '**-push'"
        )

    def _version(self, model_id: str, inputs: Values, state: Values) -> Version | None:
        versions, environment = self._api.versions(model_id), inputs["environment"]
        pin = inputs.get("deployment")
        if not pin:
            recorded = state.get("instance_type", "") if _same_digest(inputs, state) else ""
            return version_of_digest(versions, inputs["digest"], environment, recorded)
        held = pin == PREVIOUS and state.get("deployment") == PREVIOUS
        known = state.get("deployment_id" if held else "previous_deployment_id")
        previous = known if state else _serving_for_us(versions, inputs)
        found = pinned_version(versions, pin, environment, previous)
        if found is None:
            raise UserError(f"model {inputs['model']!r}: {pin_problem(versions, pin)}")
        return found

    def _check_gates(
        self, inputs: Values, model_id: str, version: Version, deadline: float
    ) -> dict[str, Any]:
        try:
            seconds = self._waiting.seconds_left(deadline)
            return self._gate.check(inputs, model_id, version.id, seconds)
        except RefusedVersionError as error:
            if inputs.get("on_refusal") != "delete" or version.environment is not None:
                raise
            self._api.delete_version(model_id, version.id)
            raise RefusedVersionError(*error.problems, DELETED) from error


def _fingerprint_output(told: Values, state: Values) -> Values:
    """Return the fingerprint of the version; if its space is the previous one, the previous fingerprint."""
    now = told.get("fingerprint")
    return {"fingerprint": keep_fingerprint(state.get("fingerprint"), now)} if now else {}


def _spaces_output(state: Values, found: Values) -> Values:
    spaces = keep_spaces(state, found, found["kept_deployment_ids"])
    return {"spaces": spaces} if spaces else {}


def _same_digest(inputs: Values, state: Values) -> bool:
    return bool(state.get("serving_digest") == inputs["digest"])


def _serving_for_us(versions: Sequence[Version], inputs: Values) -> str | None:
    """What an environment that was made again serves (`--replace`): for it `previous` has been chosen before."""
    owner, environment = owner_of(inputs).by_id(), inputs["environment"]
    ours = (it.id for it in versions if it.environment == environment and owner.owns(it))
    return next(ours, None) if owner.state_id else None


def _held_ids(state: Values) -> set[str]:
    """The deployments that the state names."""
    one = ("deployment_id", "previous_deployment_id", "failed_deployment_id", "deployment")
    named = {str(state[key]) for key in one if state.get(key)}
    return named | {*(state.get("kept_deployment_ids") or ())} | _refused_ids(state)


def _refused_ids(state: Values) -> frozenset[str]:
    """The deployments that found no machine, and never served."""
    lacks = state.get("no_capacity") or ()
    return frozenset(it["deployment_id"] for it in lacks if it.get("deployment_id"))


def _is_rotated(inputs: Values, state: Values) -> bool:
    """Whether what serves was started with an older token."""
    before, now = state.get("secret_generation"), inputs.get("secret_generation")
    return before is not None and now is not None and before != now


def _previous(state: Values, current: Version) -> str | None:
    """What served before this release; another start of the same version changes nothing about it."""
    before: str | None = state.get("deployment_id")
    kept: str | None = state.get("previous_deployment_id")
    same = before == current.id or (
        current.digest and state.get("serving_digest") == current.digest
    )
    return before if before and not same else kept
