"""The search that is served: it follows the settings and the index file without an interruption.

A deploy writes new settings while the service runs, and a switch puts another index in place. Either is noticed, the
models of the index's space are connected to, and only then do new searches go to them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from baseten_tei_client import TeiClientError
from search_service.errors import ServiceError
from search_service.index import Index
from search_service.models import connect_models
from search_service.searching import Search
from search_service.settings import Settings, read_settings

LOOK_EVERY_SECONDS = 1.0
Seen = tuple[bytes, int]
"""The settings as they were read, and which file the index was."""


@dataclass
class Generation:
    """A search with its settings, closed once nobody is searching in it any more."""

    settings: Settings
    search: Search
    resources: AsyncExitStack
    _searching: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def used(self) -> AsyncIterator[Search]:
        """Give the search, which stays open meanwhile."""
        self._searching += 1
        self._idle.clear()
        try:
            yield self.search
        finally:
            self._searching -= 1
            if not self._searching:
                self._idle.set()

    async def close(self) -> None:
        """Close it after the last search."""
        if self._searching:
            await self._idle.wait()
        await self.resources.aclose()


class Serving:
    """What is served now; `problem` says why what is in the files now is not, for the log alone."""

    def __init__(self, settings: Path, index: Path) -> None:
        self._settings, self._index = settings, index
        self.problem: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve for the length of a `with`, and follow the files. Raises what connecting raises."""
        self._seen = self._look()
        self.now = await self._open()
        following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            following.cancel()
            await self.now.close()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await self.renew()

    async def renew(self) -> None:
        """Serve what is in the files now, if that is something else; stay with what is served if it cannot be."""
        try:
            if (seen := self._look()) == self._seen:
                return
            following = await self._open()
        except (OSError, ServiceError, TeiClientError) as error:
            self._tell(str(error))
            return
        self._seen, self.problem = seen, None
        before, self.now = self.now, following
        await before.close()

    def _tell(self, problem: str) -> None:
        if problem != self.problem:
            print(f"search-service: still as before: {problem}", file=sys.stderr, flush=True)
        self.problem = problem

    def _look(self) -> Seen:
        return self._settings.read_bytes(), self._index.stat().st_ino

    async def _open(self) -> Generation:
        async with AsyncExitStack() as resources:
            settings, index = read_settings(self._settings), Index.open(self._index)
            resources.callback(index.close)
            models = await resources.enter_async_context(connect_models(settings, index.space))
            return Generation(settings, Search(index, models), resources.pop_all())
