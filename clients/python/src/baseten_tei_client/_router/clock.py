"""The event loop's clock, which tests replace, and a caller's deadline."""

import asyncio
from dataclasses import dataclass
from typing import Self


class Clock:
    """The running event loop's clock."""

    def now(self) -> float:
        """Return the loop's time."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait in the loop."""
        await asyncio.sleep(seconds)


@dataclass
class Deadline:
    """The time at which a caller stops waiting; `seconds` is how long it wanted to wait, for messages."""

    clock: Clock
    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Self:
        """Return a deadline so many seconds from now."""
        return cls(clock, clock.now() + seconds, seconds)

    @property
    def left(self) -> float:
        """Return the seconds left, 0 once it has passed."""
        return max(0.0, self.at - self.clock.now())

    def extend(self, other: Self) -> None:
        """Move it to the later one of the two."""
        if other.at > self.at:
            self.at, self.seconds = other.at, other.seconds
