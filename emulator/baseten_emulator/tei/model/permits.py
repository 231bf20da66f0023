"""Permits: TEI's only admission control. `--max-concurrent-requests` counts texts, not requests.

From 1.9.0 on a batch with more texts than free permits is refused at once (PR #726); before, each
text of a batch waits for its own permit, so a batch larger than the limit still passes.

Up to 1.8.3 the queue's channel holds as many commands as there are permits, and the batching task needs one, too: with
all permits taken at once the router dies. Measured: with 4 to 64 permits it does, with 96 and more it does not. The
emulator dies each time where the router does sooner or later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from baseten_emulator.tei.errors import overload_error
from baseten_emulator.tei.model.death import full_queue_error
from baseten_emulator.tei.versions import BATCHES_TRY_FOR_PERMITS, Version

_DEADLY = range(2, 65)
"""Numbers of permits that a router died with."""


class Permits:
    """A counted set of permits, shared by all requests of one router."""

    def __init__(self, total: int, version: Version) -> None:
        self.free, self.total, self._texts = total, total, 0
        self._batches_wait = version < BATCHES_TRY_FOR_PERMITS
        self._changed = Condition()

    @contextmanager
    def at_once(self, count: int) -> Iterator[None]:
        """Hold `count` permits. Raises TeiError: fewer are free (429)."""
        with self._changed:
            if count > self.free:
                raise overload_error()
            self.free -= count
        try:
            with self._queued(count):
                yield
        finally:
            self._give_back(count)

    @contextmanager
    def for_batch(self, count: int) -> Iterator[None]:
        """Hold what a batch of `count` texts needs in this version.

        Before 1.9.0 the texts of a batch pass one by one, each waiting for a permit: one is held.
        """
        if not self._batches_wait:
            with self.at_once(count):
                yield
            return
        with self._changed:
            self._changed.wait_for(lambda: self.free > 0)
            self.free -= 1
        try:
            with self._queued(count):
                yield
        finally:
            self._give_back(1)

    @contextmanager
    def _queued(self, texts: int) -> Iterator[None]:
        """Count texts that are under way. Raises RouterDiedError: as many as the queue has room for."""
        with self._changed:
            self._texts += texts
            is_full = self._texts >= self.total and self.total in _DEADLY
        try:
            if self._batches_wait and is_full:
                raise full_queue_error()
            yield
        finally:
            with self._changed:
                self._texts -= texts

    def _give_back(self, count: int) -> None:
        with self._changed:
            self.free += count
            self._changed.notify_all()
