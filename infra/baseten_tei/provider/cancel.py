"""Ending long waits when the reader interrupts `pulumi`: every wait of the provider sleeps here."""

from threading import Event

from baseten_tei.errors import UserError


class InterruptedWaitError(UserError):
    """The reader interrupted a wait; what was done is done, and the next `up` goes on from there."""

    def __init__(self) -> None:
        super().__init__("interrupted: type `pulumi up` to go on")


class Cancellation:
    """Whether the engine asked to stop. After that every sleep ends at once, in every thread."""

    def __init__(self) -> None:
        self._asked = Event()

    def cancel(self) -> None:
        """End all waits, those to come too."""
        self._asked.set()

    def sleep(self, seconds: float) -> None:
        """Pause. Raises `InterruptedWaitError` as soon as the engine asked to stop."""
        if self._asked.wait(seconds):
            raise InterruptedWaitError
