"""Limits how many requests and texts are sent at once, first come, first served."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Permits:
    """Two counters for one router. A request takes one of `requests` and one of `texts` for each text."""

    def __init__(self, requests: int, texts: int) -> None:
        self._requests, self._texts = requests, texts
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def hold(self, texts: int) -> AsyncIterator[None]:
        """Hold the permits of a request with so many texts, after waiting for all earlier callers."""
        await self._take(texts)
        try:
            yield
        finally:
            self.give_back(texts)

    def try_take(self, texts: int) -> bool:
        """Take permits without waiting; return `False` if too few are free or others wait."""
        if self._waiting or self._requests < 1 or self._texts < texts:
            return False
        self._requests -= 1
        self._texts -= texts
        return True

    def give_back(self, texts: int) -> None:
        """Return permits, and serve those who wait."""
        self._requests += 1
        self._texts += texts
        self._serve()

    async def _take(self, texts: int) -> None:
        if self.try_take(texts):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((texts, turn))
        try:
            await turn
        except asyncio.CancelledError:
            self._leave(texts, turn)
            raise

    def _leave(self, texts: int, turn: asyncio.Future[None]) -> None:
        """Leave the queue. If the permits were granted at the same moment, give them back."""
        if turn.cancelled():
            self._serve()
        else:
            self.give_back(texts)

    def _serve(self) -> None:
        while self._waiting:
            texts, turn = self._waiting[0]
            if not turn.cancelled():
                if self._requests < 1 or self._texts < texts:
                    return
                self._requests -= 1
                self._texts -= texts
                turn.set_result(None)
            self._waiting.popleft()
