"""Whether what is being done is still wanted: every wait of the provider sleeps here, and promotions ask first."""

from collections.abc import Callable
from threading import Event

from baseten_tei.errors import UserError


class InterruptedWaitError(UserError):
    """The reader interrupted a wait; what was done is done, and the next `up` goes on from there."""

    def __init__(self) -> None:
        super().__init__("interrupted: run `pulumi up` to go on")


class Cancellation:
    """Whether the engine asked to stop, or is gone. After that every sleep ends at once, in every thread."""

    def __init__(self, engine_gone: Callable[[], bool] = lambda: False) -> None:
        self._engine_gone = engine_gone
        self._asked = Event()

    def cancel(self) -> None:
        """End all waits, those to come too."""
        self._asked.set()

    def sleep(self, seconds: float) -> None:
        """Pause. Raises `InterruptedWaitError` as soon as the engine asked to stop."""
        self._asked.wait(seconds)
        self.refuse_unwanted()

    def refuse_unwanted(self) -> None:
        """Raise `InterruptedWaitError` where nobody wants what is being done any more."""
        if self._asked.is_set() or self._engine_gone():
            raise InterruptedWaitError

    def refuse_orphaned(self) -> None:
        """Raise `InterruptedWaitError` where the engine is gone; what was begun before an interrupt may end."""
        if self._engine_gone():
            raise InterruptedWaitError
