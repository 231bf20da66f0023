"""Bringing a pushed version into an environment: wait, ask the router, promote, wait again."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from baseten_tei.baseten_api import BasetenApi
from baseten_tei.endpoints import deployment_url
from baseten_tei.errors import UserError
from baseten_tei.provider.resource import Values
from baseten_tei.release import FAILED, READY, Version, Wanted, info_problems, newest_version

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
WARM_UP_SECONDS = 30.0
"""A deployment just created may be unknown for a while (Baseten's Terraform provider waits as long)."""
LOG_LINES = 12

_T = TypeVar("_T")


class FailedDeploymentError(UserError):
    """A deployment ended as failed; `deployment_id` says which, so that the next release can retry it."""

    def __init__(self, deployment_id: str, *problems: str) -> None:
        super().__init__(*problems)
        self.deployment_id = deployment_id


InfoOf = Callable[[str, float], Mapping[str, Any]]


class Releasing:
    """Releases with their surroundings as arguments.

    `info_of` asks a router for its `/info`, `clock` is in seconds, `tell` shows what is waited for.
    """

    def __init__(
        self,
        api: BasetenApi,
        info_of: InfoOf,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._api = api
        self._info_of = info_of
        self._clock = clock
        self._sleep = sleep
        self._tell = tell

    def release(self, inputs: Values, failed_before: str | None = None) -> Values:
        """Let the version of `inputs["digest"]` serve; one that failed an earlier release is retried first.

        Raises `UserError`; what served before then serves on.
        """
        deadline = self._clock() + 60.0 * float(inputs["deploy_timeout_minutes"])
        model_id, version = self._pushed(inputs)
        if version.status in FAILED and version.id == failed_before:
            version = self._retried(model_id, version)
        self._ready(inputs, model_id, version, deadline)
        info = self._checked(inputs, model_id, version, deadline)
        serving_id = self._serve(inputs, model_id, version, deadline)
        return {
            "model_id": model_id,
            "deployment_id": serving_id,
            "max_input_length": info.get("max_input_length"),
        }

    def _pushed(self, inputs: Values) -> tuple[str, Version]:
        def look() -> tuple[str, Version] | None:
            model_id = self._api.find_model(inputs["model"], inputs.get("team"))
            versions = self._api.versions(model_id) if model_id else []
            version = newest_version(versions, inputs["digest"])
            return (model_id, version) if model_id and version else None

        found = self._until(look, self._clock() + WARM_UP_SECONDS)
        if found is None:
            raise UserError(
                f"model {inputs['model']!r}: no deployment of {inputs['digest']} was found after the push: "
                "type `pulumi refresh`, then `pulumi up`"
            )
        return found

    def _retried(self, model_id: str, version: Version) -> Version:
        """Baseten may call it failed for a little while longer."""
        self._tell(f"retrying {version.id}")
        self._api.retry(model_id, version.id)

        def look() -> Version | None:
            now = self._api.version(model_id, version.id)
            return now if now.status not in FAILED else None

        return self._until(look, self._clock() + WARM_UP_SECONDS) or version

    def _ready(self, inputs: Values, model_id: str, version: Version, deadline: float) -> None:
        last = version.status

        def look() -> Version | None:
            nonlocal last
            now = self._api.version(model_id, version.id)
            if now.status == "INACTIVE" and last != "INACTIVE":
                self._api.activate(model_id, version.id)
            if now.status != last:
                self._tell(f"{version.id} is {now.status}")
            last = now.status
            return now if last in READY | FAILED else None

        if version.status == "INACTIVE":
            self._api.activate(model_id, version.id)
        found = self._until(look, deadline)
        if found is None:
            minutes = inputs["deploy_timeout_minutes"]
            raise self._failure(
                inputs, model_id, version, f"is {last} after {minutes:g} minutes",
                "look at its logs, or write a longer deploy_timeout_minutes",
            )  # fmt: skip
        if found.status in FAILED:
            raise self._failure(
                inputs, model_id, version, f"ended as {found.status}",
                "mend what the log says, or type `pulumi up` to retry it",
            )  # fmt: skip

    def _checked(
        self, inputs: Values, model_id: str, version: Version, deadline: float
    ) -> Mapping[str, Any]:
        url = deployment_url(self._api.target, model_id, version.id)
        info = self._info_of(url, max(deadline - self._clock(), 1.0))
        problems = info_problems(info, Wanted(**inputs["expected"]))
        if problems:
            raise UserError(
                f"model {inputs['model']!r}: deployment {version.id} {'; '.join(problems)} "
                "(it was not promoted, and what served before serves on)"
            )
        return info

    def _serve(self, inputs: Values, model_id: str, version: Version, deadline: float) -> str:
        environment, autoscaling = inputs["environment"], inputs["autoscaling"]
        serving = self._api.serving(model_id, environment)
        if serving is None:
            self._api.create_environment(model_id, environment, autoscaling)
        if serving and serving.current and serving.current.id == version.id:
            if any(serving.autoscaling.get(key) != autoscaling[key] for key in autoscaling):
                self._api.set_autoscaling(model_id, environment, autoscaling)
            return version.id
        self._tell(f"promoting {version.id} into {environment}")
        self._api.promote(model_id, environment, version.id, autoscaling)
        return self._promoted(inputs, model_id, deadline)

    def _promoted(self, inputs: Values, model_id: str, deadline: float) -> str:
        """The id that serves: Baseten may copy a deployment that serves another environment already."""

        def look() -> str | None:
            now = self._api.serving(model_id, inputs["environment"])
            if now and now.promotion_error and not now.promoting:
                raise UserError(f"model {inputs['model']!r}: not promoted: {now.promotion_error}")
            done = now and not now.promoting and now.current
            return (
                now.current.id
                if now and done and now.current and now.current.digest == inputs["digest"]
                else None
            )

        if found := self._until(look, deadline):
            return found
        raise UserError(
            f"model {inputs['model']!r}: still being promoted into {inputs['environment']} after "
            f"{inputs['deploy_timeout_minutes']:g} minutes: type `pulumi up` to wait on"
        )

    def _failure(
        self, inputs: Values, model_id: str, version: Version, what: str, todo: str
    ) -> FailedDeploymentError:
        try:
            lines = self._api.log_tail(model_id, version.id, LOG_LINES)
        except UserError as error:
            lines = [f"(no logs: {error})"]
        return FailedDeploymentError(
            version.id,
            f"model {inputs['model']!r}: deployment {version.id} {what}: {todo}. Its last log lines:",
            *(f"  {line}" for line in lines or ["(none)"]),
        )

    def _until(self, look: Callable[[], _T | None], deadline: float) -> _T | None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            if (found := look()) is not None:
                return found
            if self._clock() + pause > deadline:
                return None
            self._sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
