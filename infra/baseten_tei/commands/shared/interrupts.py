"""An interrupt that is heard once, so that what is under way is taken down and not left half."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A cancelled job gets one after the other; a closed terminal sends the last."""


@contextmanager
def interruptible(undone: str) -> Iterator[None]:
    """Take down what a `with` is at when the first interrupt comes, and deaf to further ones.

    Raises `KeyboardInterrupt` then, which says what is `undone`.
    """
    before = _handle_interrupts(_interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(undone) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _handle_interrupts(handler: Callable[[int, FrameType | None], None]) -> dict[int, Any]:
    return {number: signal.signal(number, handler) for number in INTERRUPTS}


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt` once: a second one would leave a deployment that costs money, or a process, behind."""
    _handle_interrupts(lambda *_: None)
    raise KeyboardInterrupt
