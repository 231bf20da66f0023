"""Waiting for Baseten: look, pause, look again, with clock and sleep as arguments."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from baseten_tei.baseten.api import NotFoundError
from baseten_tei.baseten.patience import Patience, growing_pauses
from baseten_tei.errors import UserError

_T = TypeVar("_T")

WARM_UP_SECONDS = 30.0
"""A deployment just created may be unknown for a while (Baseten's Terraform provider waits as long)."""
UNPUSHED_SECONDS = 2.0
"""For a deployment of which no push was seen: there is none, or another operation pushed it just now."""
PATIENCE = "BASETEN_TEI_PATIENCE_SECONDS"
"""A deadline of releases that is shorter than the specs' own, for a job that has to end."""


@dataclass(frozen=True)
class Waiting(Patience):
    """How to wait: `clock` in seconds; `sleep` may raise to end a wait; `tell` shows what is waited for."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(self, look: Callable[[], _T | None], deadline: float) -> _T | None:
        """Return what `look` finds before the deadline; `None` where it finds nothing. It is asked once at least.

        A `NotFoundError` is nothing found yet, but only for as long as what was just made may be unknown.
        """
        patient_until = self.clock() + WARM_UP_SECONDS
        pauses = growing_pauses()
        while True:
            pause = next(pauses)
            try:
                if (found := look()) is not None:
                    return found
            except NotFoundError:
                if self.clock() >= patient_until:
                    raise
            if self.clock() + pause > deadline:
                return None
            self.sleep(pause)

    def for_a_while(
        self, look: Callable[[], _T | None], seconds: float = WARM_UP_SECONDS
    ) -> _T | None:
        """Wait as `until`, for as long as the last change may still be invisible."""
        return self.until(look, self.clock() + seconds)

    def seconds_left(self, deadline: float) -> float:
        """Return the seconds left, at least one: the last call still needs an answer."""
        return max(deadline - self.clock(), 1.0)


def patience_seconds(given: str | None) -> float | None:
    """Return the value of `PATIENCE`; `None` if it is not set. Raises `UserError` if it is not a number of seconds."""
    if not given:
        return None
    if given.isdecimal():
        return float(given)
    raise UserError(
        f"{PATIENCE} {given!r} is not a number of seconds: run e.g. export {PATIENCE}=300"
    )
