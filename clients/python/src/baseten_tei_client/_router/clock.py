"""Time as an argument: the event loop's clock, and a caller's deadline."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Seconds that never go back."""

    def now(self) -> float:
        """The present."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class LoopClock:
    """The running event loop's clock."""

    def now(self) -> float:
        """The loop's time."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Sleep in the loop."""
        await asyncio.sleep(seconds)


@dataclass
class Deadline:
    """When a caller stops waiting; `seconds` is how long that was, for messages."""

    clock: Clock
    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """So many seconds from now."""
        return cls(clock, clock.now() + seconds, seconds)

    @property
    def left(self) -> float:
        """Seconds left, none when it is over."""
        return max(0.0, self.at - self.clock.now())

    def extend(self, other: Deadline) -> None:
        """Wait as long as the more patient of two."""
        if other.at > self.at:
            self.at, self.seconds = other.at, other.seconds
