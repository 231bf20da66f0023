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
        with _make_bar(what) as bar:
            yield lambda done, every: _move(bar, done, every)
    else:
        raise UsageError(
            f"progress must be True, or a function of the texts done and of all, not {progress!r:.50}"
        )


def _make_bar(what: str) -> Any:
    try:
        from tqdm.auto import tqdm  # in a notebook its widget
    except ImportError as error:
        raise UsageError(
            "progress=True needs the package tqdm: pip install tqdm, or pass a function of the texts done and of all"
        ) from error
    return tqdm(desc=what, unit=" texts", total=0)


def _move(bar: Any, done: int, every: int) -> None:
    bar.total = every
    bar.update(done - bar.n)
