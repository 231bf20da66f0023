"""Runs one piece of work for all who want it at the same time, such as waking a model."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from baseten_tei_client._router.clock import Deadline

T = TypeVar("T")


@dataclass
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    deadline: Deadline
    callers: int = 0


class SingleFlight(Generic[T]):
    """Runs `work` once for all callers that overlap, and cancels it when the last of them has left.

    Its deadline is that of the most patient caller. What it raises is raised to all of its callers.
    """

    def __init__(self, work: Callable[[Deadline], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._flight: _Flight[T] | None = None

    async def join(self, deadline: Deadline) -> T:
        """Return the work's result. Raises `TimeoutError` after this caller's deadline."""
        flight = self._board(deadline)
        try:
            await asyncio.wait({flight.task}, timeout=deadline.left)
        finally:
            flight.callers -= 1
            if not flight.callers and not flight.task.done():
                flight.task.cancel()
                self._flight = None
        if flight.task.done():
            return flight.task.result()
        raise TimeoutError

    def _board(self, deadline: Deadline) -> _Flight[T]:
        flight = self._flight
        if flight is None or flight.task.done():
            shared = replace(deadline)
            flight = self._flight = _Flight(asyncio.create_task(self._work(shared)), shared)
        flight.deadline.extend(deadline)
        flight.callers += 1
        return flight
