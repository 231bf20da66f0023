"""Shows how far a call has come: as the caller's function wants it, or by tqdm."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from baseten_tei_client.errors import UsageError

Progress = Callable[[int, int], None]
"""Called with the number of texts done and the number of all."""


@contextmanager
def show_progress(progress: Progress | bool | None, what: str) -> Iterator[Progress | None]:
    """Yield the function to call; the bar of `progress=True` is closed at the end. Raises `UsageError`."""
    if callable(progress) or progress is None or progress is False:
        yield progress or None
    elif progress is True:
        bar = _Bar(what)
        try:
            yield bar.move
        finally:
            bar.close()
    else:
        raise UsageError(
            f"progress must be True, or a function of the texts done and of all, not {progress!r:.50}"
        )


class _Bar:
    """A bar of tqdm, made once the number of all texts is known: a notebook's widget is as long as that."""

    def __init__(self, what: str) -> None:
        try:
            from tqdm.auto import tqdm  # in a notebook its widget
        except ImportError as error:
            raise UsageError(
                "progress=True needs the package tqdm: pip install tqdm, or pass a function of the texts done and "
                "of all"
            ) from error
        self._what, self._make = what, tqdm
        self._bar: Any = None

    def move(self, done: int, every: int) -> None:
        """Show that so many of all texts are done."""
        if self._bar is None:
            self._bar = self._make(desc=self._what, unit=" texts", total=every)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
