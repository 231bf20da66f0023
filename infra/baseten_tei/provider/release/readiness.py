"""Getting a version ready: activate what was deactivated, retry what failed, wait, and tell why it failed."""

from collections.abc import Callable

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.statuses import FAILED, READY
from baseten_tei.baseten.versions import Version
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.release.waiting import Waiting

LOG_LINES = 12
CAPACITY = (
    "Baseten may have no free instance of its type: wait on with `pulumi up`, write another accelerator, "
    "or a longer deploy_timeout_minutes"
)


class FailedDeploymentError(UserError):
    """A deployment ended as failed; `deployment_id` says which, so that the next release can retry it."""

    def __init__(self, deployment_id: str, *problems: str) -> None:
        super().__init__(*problems)
        self.deployment_id = deployment_id


class Readiness:
    """Waits until versions can serve."""

    def __init__(self, api: BasetenApi, waiting: Waiting) -> None:
        self._api = api
        self._waiting = waiting

    def ready(
        self,
        inputs: Values,
        model_id: str,
        version: Version,
        failed_before: str | None,
        deadline: float,
    ) -> None:
        """Return once it can serve. Raises `FailedDeploymentError` with its last log lines."""
        if version.status in FAILED and version.id == failed_before:
            version = self._retry(model_id, version)
        if version.status == "INACTIVE":
            self._api.activate(model_id, version.id)
        seen = _Seen(version.status, self._waiting.tell)

        def look() -> Version | None:
            now = self._api.version(model_id, version.id)
            if now.status == "INACTIVE" and seen.status != "INACTIVE":
                self._api.activate(model_id, version.id)
            seen.note(now)
            return now if now.status in READY | FAILED else None

        found = self._waiting.until(look, deadline)
        if found is None:
            raise self._late(inputs, model_id, version, seen.status)
        if found.status in FAILED:
            raise self._failure(
                inputs, model_id, version, f"ended as {found.status}",
                "fix what the log says, or run `pulumi up` to retry it",
            )  # fmt: skip

    def _retry(self, model_id: str, version: Version) -> Version:
        """Baseten may call it failed for a little while longer."""
        self._waiting.tell(f"retrying {version.id}")
        self._api.retry(model_id, version.id)

        def look() -> Version | None:
            now = self._api.version(model_id, version.id)
            return now if now.status not in FAILED else None

        return self._waiting.for_a_while(look) or version

    def _late(
        self, inputs: Values, model_id: str, version: Version, status: str
    ) -> FailedDeploymentError:
        minutes = inputs["deploy_timeout_minutes"]
        todo = (
            CAPACITY
            if status == "DEPLOYING"
            else "look at its logs, or write a longer deploy_timeout_minutes"
        )
        return self._failure(
            inputs, model_id, version, f"is {status} after {minutes:g} minutes", todo
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


class _Seen:
    """The last status that was seen, told when it changes."""

    def __init__(self, status: str, tell: Callable[[str], None]) -> None:
        self.status = status
        self._tell = tell

    def note(self, version: Version) -> None:
        if version.status != self.status:
            self._tell(f"{version.id} is {version.status}")
        self.status = version.status
