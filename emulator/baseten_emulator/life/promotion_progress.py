"""How far a promotion has come: a pure function of its record, of when its candidate was ready, and of the time.

RELEASING until the candidate is ready, then RAMPING_UP for `step_seconds` in all. A rolling one moves
`max_surge_percent` (or `max_unavailable_percent`) of the traffic at a time, so 25 means four equal steps, with
`stabilization_time_seconds` between them (Baseten docs: rolling deployments; the arithmetic is ours). A pause begins
at the end of a step. RAMPING_DOWN returns traffic step by step, without stabilization.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.world.records import Candidate

_ROUNDING = 1e-3  # of a step: times are seconds since the epoch, good to a quarter of a microsecond


@dataclass(frozen=True)
class Ramp:
    """The steps of a promotion: how much traffic each moves (percent), how long it takes, how long it is watched."""

    steps: int
    share: int
    seconds: float
    watched_seconds: float

    @classmethod
    def of(cls, rolling: Mapping[str, Any] | None, step_seconds: float) -> "Ramp":
        """Return the ramp that a rolling_deploy_config asks for; all at once when there is none."""
        if rolling is None:
            return cls(1, 100, step_seconds, 0.0)
        share = int(rolling["max_surge_percent"] or rolling["max_unavailable_percent"])
        steps = math.ceil(100 / share)
        return cls(steps, share, step_seconds / steps, rolling["stabilization_time_seconds"])

    def end_of(self, step: int) -> float:
        """Return seconds from the start of the ramp to the end of a step, counted from 1."""
        return step * (self.seconds + self.watched_seconds) - self.watched_seconds

    def steps_after(self, seconds: float) -> int:
        """Return steps that are done so many seconds into the ramp."""
        cycle = self.seconds + self.watched_seconds
        done = (
            math.floor((seconds + self.watched_seconds) / cycle + _ROUNDING)
            if cycle
            else self.steps
        )
        return max(0, min(done, self.steps))


@dataclass(frozen=True)
class Progress:
    """A promotion at one instant; `ready_at` is None while its candidate is not ready."""

    candidate: Candidate
    ready_at: float | None
    step_seconds: float
    now: float

    @property
    def ramp(self) -> Ramp:
        """Its steps."""
        return Ramp.of(self.candidate.rolling, self.step_seconds)

    @property
    def status(self) -> str:
        """One of Baseten's words (`InProgressPromotionStatusV1`)."""
        if self.candidate.ramping_down_from is not None:
            return "RAMPING_DOWN"
        if self.candidate.pause_from is not None and self.now >= self.candidate.pause_from:
            return "PAUSED"
        return "RELEASING" if self.ready_at is None else "RAMPING_UP"

    @property
    def percent(self) -> int:
        """Traffic that the candidate gets; the last step counts once it has taken over."""
        done = min(self._steps_done - self._steps_undone, self.ramp.steps - 1)
        return max(0, done) * self.ramp.share

    @property
    def ends_at(self) -> float | None:
        """When the candidate takes over; None while that is open."""
        if self.ready_at is None or self.candidate.ramping_down_from is not None:
            return None
        end = self._start + self.ramp.end_of(self.ramp.steps) + self.candidate.held_seconds
        pause = self.candidate.pause_from
        return None if pause is not None and pause < end - self.ramp.seconds * _ROUNDING else end

    @property
    def end_of_present_step(self) -> float:
        """When the step in progress will be done: from then on it can pause."""
        if self.ready_at is None:
            return self.now
        step = min(self._steps_done + 1, self.ramp.steps)
        return self._start + self.candidate.held_seconds + self.ramp.end_of(step)

    @property
    def seconds_held(self) -> float:
        """Seconds that all its pauses lasted, the present one included."""
        pause = self.candidate.pause_from
        present = 0.0 if pause is None else max(0.0, self.now - max(pause, self._start))
        return self.candidate.held_seconds + present

    @property
    def traffic_returned_at(self) -> float | None:
        """When a promotion that is ramping down has given all traffic back."""
        begun = self.candidate.ramping_down_from
        return None if begun is None else begun + self._steps_done * self.ramp.seconds

    @property
    def _start(self) -> float:
        return max(self.candidate.since, self.now if self.ready_at is None else self.ready_at)

    @property
    def _steps_done(self) -> int:
        """Steps done; none more since it paused or turned back."""
        if self.ready_at is None:
            return 0
        ends = (self.now, self.candidate.pause_from, self.candidate.ramping_down_from)
        until = min(end for end in ends if end is not None)
        return self.ramp.steps_after(until - self._start - self.candidate.held_seconds)

    @property
    def _steps_undone(self) -> int:
        begun = self.candidate.ramping_down_from
        if begun is None or not self.ramp.seconds:
            return 0
        return math.floor((self.now - begun) / self.ramp.seconds + _ROUNDING)
