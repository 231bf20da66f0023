"""Asking a model until it answers: a version that is ready may not be reachable yet, nor awake."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from baseten_tei.baseten.router_errors import ModelCallError

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0

_T = TypeVar("_T")


def growing_pauses() -> Iterator[float]:
    """Yield seconds from one look to the next, without an end."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


@dataclass(frozen=True)
class Patience:
    """How to wait: `clock` in seconds; `sleep` may raise to end a wait; `tell` says what is waited for."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    tell: Callable[[str], None] = lambda _: None

    def ask(self, ask: Callable[[float], _T], deadline: float) -> _T:
        """Return what `ask` answers, which is given the seconds it may take.

        Raises its last `ModelCallError` once that is not worth repeating, or the deadline is near.
        """
        began, told = self.clock(), ""
        pauses = growing_pauses()
        while True:
            pause = next(pauses)
            try:
                return ask(max(deadline - self.clock(), 1.0))
            except ModelCallError as error:
                end = min(deadline, began + error.patience_seconds)
                if self.clock() + pause > end:
                    raise
                if str(error) != told:
                    told = str(error)
                    self.tell(f"asking again: {told}")
            self.sleep(pause)
