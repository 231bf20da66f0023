"""One run of a stack's program for each command, however often its models are asked for. Imports nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")
_known: ContextVar[dict[tuple[Path, str], Any] | None] = ContextVar("known", default=None)


@contextmanager
def each_program_once() -> Iterator[None]:
    """Keep what the first run of each program found for the length of a `with`."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def run_once(run: Callable[[Path, str], _T], root: Path, stack: str) -> _T:
    """Return what `run` finds of a stack, or found before in the same command."""
    known = _known.get()
    if known is None:
        return run(root, stack)
    if (root, stack) not in known:
        known[root, stack] = run(root, stack)
    found: _T = known[root, stack]
    return found
