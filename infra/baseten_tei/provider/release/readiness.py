"""Getting a version ready: activate what was deactivated, retry what failed, wait, and tell why it failed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.startups import Startup, describe_machine, describe_startup
from baseten_tei.baseten.statuses import FAILED, MEANINGS, READY, Meaning
from baseten_tei.baseten.versions import Version
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.release import no_capacity
from baseten_tei.provider.release.startup_watch import StartupWatch
from baseten_tei.provider.release.waiting import Waiting

LOG_LINES = 12
_NEVER_STARTED = frozenset({"BUILD_FAILED", "BUILD_STOPPED"})


class FailedDeploymentError(UserError):
    """A deployment ended as failed; `deployment_id` says which, so that the next release can retry it.

    `lack` is what the state has to remember where there was no machine for it.
    """

    def __init__(self, deployment_id: str, *problems: str, lack: Values | None = None) -> None:
        super().__init__(*problems)
        self.deployment_id = deployment_id
        self.lack = lack


class Readiness:
    """Waits until versions can serve."""

    def __init__(
        self,
        api: BasetenApi,
        waiting: Waiting,
        read_lock: no_capacity.ReadLock = lambda _: {},
        now: Callable[[], float] = time.time,
    ) -> None:
        """`read_lock` gives a stack's locked facts, `now` is in seconds since the epoch."""
        self._api = api
        self._waiting = waiting
        self._read_lock = read_lock
        self._now = now

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
        watch = StartupWatch(self._api, model_id, version.id, self._waiting.clock, self._now)
        seen = _Seen(version.status, self._waiting.tell)

        def look() -> Version | None:
            now = self._api.version(model_id, version.id)
            if now.status == "INACTIVE" and seen.status != "INACTIVE":
                if seen.startup and _gives_way(inputs, seen.startup):
                    return now
                self._api.activate(model_id, version.id)
            seen.note(now, watch)
            return now if now.status in READY | FAILED else None

        found = self._waiting.until(look, deadline)
        if found is None or found.status not in READY:
            raise self._failure(inputs, model_id, found, _Ended(version, seen, watch))

    def _retry(self, model_id: str, version: Version) -> Version:
        """Baseten may call it failed for a little while longer."""
        self._waiting.tell(f"retrying {version.id}")
        self._api.retry(model_id, version.id)

        def look() -> Version | None:
            now = self._api.version(model_id, version.id)
            return now if now.status not in FAILED else None

        return self._waiting.for_a_while(look) or version

    def _failure(
        self, inputs: Values, model_id: str, found: Version | None, ended: "_Ended"
    ) -> FailedDeploymentError:
        """`found` is the version that failed; `None` where it is late."""
        version = found or ended.version
        status = found.status if found else ended.seen.status
        startup = None if status in _NEVER_STARTED else ended.watch.ask() or ended.seen.startup
        startup = None if startup and startup.outcome == "SUCCESS" else startup
        lacks = no_capacity.lacks_machine(status, startup)
        minutes = inputs["deploy_timeout_minutes"]
        when = f"ended as {status}" if found else f"is {status} after {minutes:g} minutes"
        why = f": {describe_startup(startup, version.instance_type)}" if startup else ""
        todo = self._advise(inputs, model_id, version, startup) if lacks else _advise(found)
        try:
            lines = self._api.log_tail(model_id, version.id, LOG_LINES)
        except UserError as error:
            lines = [f"(no logs: {error})"]
        waited = startup.seconds if startup else 60 * minutes
        at = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="seconds")
        return FailedDeploymentError(
            version.id,
            f"model {inputs['model']!r}: deployment {version.id} {when}{why}: {todo}. Its last log lines:",
            *(f"  {line}" for line in lines or ["(none)"]),
            lack=no_capacity.write_lack(inputs, version, waited, at) if lacks else None,
        )

    def _advise(
        self, inputs: Values, model_id: str, version: Version, startup: Startup | None
    ) -> str:
        listed = {it["accelerator"] for it in inputs.get("accelerators") or ()}
        but = {*listed, describe_machine(version.instance_type)}
        lock = self._read_lock(str(inputs.get("stack") or ""))
        others = no_capacity.find_others(self._api, model_id, version, lock, but)
        todo = no_capacity.advise(inputs, version, others)
        return todo if startup else f"{no_capacity.MAY_LACK}: {todo}"


def _advise(found: Version | None) -> str:
    if found:
        return "fix what the log says, or run `pulumi up` to retry it"
    return "look at its logs, or write a longer deploy_timeout_minutes"


def _gives_way(inputs: Values, startup: Startup) -> bool:
    """Whether the spec would rather have its next GPU than wait for what Baseten gave up."""
    return inputs.get("on_no_capacity") == "next" and startup.lacks_machine


class _Seen:
    """The last status and startup that were seen, told when they change."""

    def __init__(self, status: str, tell: Callable[[str], None]) -> None:
        self.status = status
        self.startup: Startup | None = None
        self._tell = tell

    def note(self, version: Version, watch: StartupWatch) -> None:
        """Tell a new status at once, and how the startup stands where it was asked for."""
        told = watch.look() if MEANINGS.get(version.status) is Meaning.STARTING else None
        if told is not None:
            self.startup = told
            why = describe_startup(told, version.instance_type)
            self._tell(f"{version.id} is {version.status}: {why}")
        elif version.status != self.status:
            self._tell(f"{version.id} is {version.status}")
        self.status = version.status


@dataclass(frozen=True)
class _Ended:
    """A wait that came to nothing."""

    version: Version
    seen: _Seen
    watch: StartupWatch
