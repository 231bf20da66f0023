"""How much may be under way at once: requests and texts, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Permits:
    """Two counters of one router. A request takes one of the first and as many of the second as it has texts."""

    def __init__(self, requests: int, texts: int) -> None:
        self._requests, self._texts = requests, texts
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def held(self, texts: int) -> AsyncIterator[None]:
        """Hold a request of so many texts; waits behind all who came before."""
        await self._take(texts)
        try:
            yield
        finally:
            self.give_back(texts)

    def try_take(self, texts: int) -> bool:
        """Take at once what nobody waits for; False where that is too little."""
        if self._waiting or self._requests < 1 or self._texts < texts:
            return False
        self._requests -= 1
        self._texts -= texts
        return True

    def give_back(self, texts: int) -> None:
        """Return what was taken, to those who wait."""
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
        """Let those behind move up; where the turn came in the same moment, give it back."""
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
