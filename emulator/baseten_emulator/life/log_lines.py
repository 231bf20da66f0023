"""A deployment's log: the lines of its phases and its outcome, each at its time.

Nothing is stored: lines follow from the record and the time, like the status.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.faults.patterns import matches
from baseten_emulator.life import lifecycle
from baseten_emulator.world.records import Deployment, Died, Outcome

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SAYS = {
    "BUILDING": "Building the image",
    "DEPLOYING": "Deploying",
    "LOADING_MODEL": "Loading the model",
}
_HALF_HOUR_MILLIS = 1_800_000


@dataclass(frozen=True)
class Line:
    """One log line; `at` in seconds since the epoch."""

    at: float
    level: str
    message: str

    def view(self, replica: str | None) -> dict[str, Any]:
        """Return the line as `LogV1`: its time in nanoseconds, as text."""
        nanoseconds = str(int(self.at * 1_000_000) * 1000)
        line = {"timestamp": nanoseconds, "message": self.message, "replica": replica}
        return {**line, "request_id": None, "level": self.level}


def lines_of(
    deployment: Deployment,
    now: float,
    step_seconds: float,
    died: Died | None = None,
    *,
    lacking: bool = False,
) -> Iterator[Line]:
    """Yield every line so far, oldest first; what is `lacking` a machine has loaded nothing."""
    idle = lacking or deployment.gave_up
    phases = lifecycle.list_phases(deployment, step_seconds)
    for phase, at in phases[:-1] if idle else phases:
        decided = lifecycle.decision_time(deployment, step_seconds)
        if at <= now and (at < decided or step_seconds == 0):
            yield Line(at, "INFO", _SAYS[phase])
    if deployment.outcome:
        decided = lifecycle.decision_time(deployment, step_seconds)
        yield from _final_lines(deployment.outcome, decided)
    for number, message in enumerate(died.log_lines if died else ()):
        yield Line(died.at + number / 1_000_000 if died else now, "ERROR", message)


def _final_lines(outcome: Outcome, at: float) -> Iterator[Line]:
    level = "INFO" if outcome.status == "ACTIVE" else "ERROR"
    for number, message in enumerate(outcome.log_lines):
        yield Line(at + number / 1_000_000, level, message)
    count = len(outcome.log_lines)
    yield Line(at + count / 1_000_000, level, f"Deployment is {outcome.status}")


def select_lines(lines: Iterator[Line], wish: Mapping[str, Any], now: float) -> list[Line]:
    """Return the lines a query asks for: window (half an hour by default), level, text; newest first."""
    end = wish.get("end_epoch_millis") or int(now * 1000) + 1
    start = wish.get("start_epoch_millis") or end - _HALF_HOUR_MILLIS
    least = _LEVELS.index(wish["min_level"]) if wish.get("min_level") else 0
    chosen = [
        line
        for line in lines
        if start <= line.at * 1000 <= end
        and _LEVELS.index(line.level) >= least
        and _speaks_of(line.message, wish)
    ]
    ordered = chosen if wish.get("direction") == "asc" else chosen[::-1]
    return ordered[: wish.get("limit") or 500]


def _speaks_of(message: str, wish: Mapping[str, Any]) -> bool:
    return (
        all(text in message for text in wish.get("includes") or ())
        and not any(text in message for text in wish.get("excludes") or ())
        and matches(wish.get("search_pattern") or "", message)
    )
