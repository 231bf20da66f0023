"""Permits: TEI's only admission control. `--max-concurrent-requests` counts texts, not requests.

From 1.9.0 on a batch with more texts than free permits is refused at once (PR #726); before, each
text of a batch waits for its own permit, so a batch larger than the limit still passes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from baseten_emulator.tei.errors import overload_error
from baseten_emulator.tei.versions import BATCHES_TRY_FOR_PERMITS, Version


class Permits:
    """A counted set of permits, shared by all requests of one router."""

    def __init__(self, total: int, version: Version) -> None:
        self.free = total
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
            yield
        finally:
            self._give_back(1)

    def _give_back(self, count: int) -> None:
        with self._changed:
            self.free += count
            self._changed.notify_all()
