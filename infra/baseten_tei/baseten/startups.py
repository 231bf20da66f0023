"""How a deployment's replica started, or why it has not: Baseten's startup phases, in sentences."""

from dataclasses import dataclass

from baseten_tei.deployment.instances import parse_instance

SCHEDULING = "SCHEDULING"
_NEVER_READY = frozenset({"STALLED", "FAILED"})
_DONE = {
    SCHEDULING: "scheduling",
    "IMAGE_PULL": "image pull",
    "WEIGHT_DOWNLOAD": "weights",
    "CONTAINER_CREATE": "creating the container",
    "CONTAINER_START": "starting the container",
    "READINESS": "readiness",
}
"""Baseten's phases, in their order (baseten 0.13.1: `StartupPhaseV1`), in words."""


@dataclass(frozen=True)
class Phase:
    """One phase of a startup; `seconds` is `None` for one that has not ended."""

    name: str
    status: str
    begins: float
    """Seconds from the start of the attempt."""
    seconds: float | None


@dataclass(frozen=True)
class Startup:
    """One attempt to start a replica, so far."""

    outcome: str
    seconds: float
    phases: tuple[Phase, ...]

    @property
    def present(self) -> Phase | None:
        """The last phase that was begun; `None` where Baseten tells none."""
        return self.phases[-1] if self.phases else None

    @property
    def lacks_machine(self) -> bool:
        """Return whether it never came beyond scheduling: there was no free machine for it."""
        last = self.present
        if self.outcome == "SUCCESS" or (last is None and self.outcome != "STALLED"):
            return False
        return last is None or (last.name == SCHEDULING and last.status != "COMPLETED")


def describe_startup(startup: Startup, instance_type: str) -> str:
    """Return `no free L4 for 18 min (scheduling)`, or the phase and the ones before it with how long each took."""
    lasted = [it for it in startup.phases if it.seconds]
    if startup.lacks_machine:
        machine, waited = describe_machine(instance_type), describe_seconds(startup.seconds)
        if startup.outcome in _NEVER_READY:
            return f"no free {machine} for {waited} ({_DONE[SCHEDULING]})"
        return f"waits for a free {machine} for {waited}"
    last = startup.present
    if last is None:
        return f"started {describe_seconds(startup.seconds)} ago"
    before = [it for it in lasted if it is not last]
    after = ", ".join(f"{_word(it)} {describe_seconds(it.seconds or 0)}" for it in before)
    now = startup.seconds - last.begins if last.seconds is None else last.seconds
    failed = " failed after" if last.status == "FAILED" else " for" if last.seconds is None else ""
    return f"{_word(last)}{failed} {describe_seconds(now)}" + (f" ({after})" if after else "")


def describe_machine(instance_type: str) -> str:
    """Return its GPU, where the name of the instance tells it."""
    found = parse_instance(instance_type)
    return found.accelerator if found else instance_type or "instance of its type"


def describe_seconds(seconds: float) -> str:
    """Return `40 s`, from 90 s on `18 min`."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _word(phase: Phase) -> str:
    return _DONE.get(phase.name, phase.name)
