"""A router that does not start: at which step, why, and what it prints."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from baseten_tei.facts.tei.loading.task import TaskReading

Step = Literal[
    "config", "pooling", "labels", "tokenizer", "length", "prompts", "weights", "backend", "warmup"
]
"""What the router was doing: each is one file or one part of the start, in this order."""
_PANICS = ("internal error: ", "attempt to divide by zero", "called `Option::unwrap()`")
CANNOT_START = "Could not start backend: Could not start a suitable backend"


@dataclass(frozen=True)
class Refusal:
    """Why the router does not start. `reason` is the innermost cause, in serde's or candle's own words.

    serde adds ` at line L column C` to what it says of a file that the router reads itself; that is left out.
    """

    step: Step
    reason: str
    context: tuple[str, ...] = ()
    """What anyhow prints around the reason, outermost first."""
    about: str = field(default="", compare=False)
    """What it is about, which the reason does not always name: a field, a flag, or a part of the model."""
    task: "TaskReading | None" = field(default=None, compare=False)
    """What it was about to load; `None` where it does not come so far."""
    length: int | None = field(default=None, compare=False)
    """Tokens of the longest input, where that is what it is about."""
    log: tuple[str, ...] = ()
    """Lines above: candle's own error, where the router's last word is only that no backend was suitable."""

    @property
    def is_panic(self) -> bool:
        """The process aborts: the images are built so (exit code 134)."""
        return (self.step == "tokenizer" and not self.context) or self.reason.startswith(_PANICS)

    def printed(self) -> str:
        """Return what the router prints last, as anyhow formats it; of a panic, the message."""
        if self.is_panic:
            return self.reason
        first, *causes = self.chain()
        if not causes:
            return f"Error: {first}"
        number = len(causes) > 1
        lines = [f"    {f'{n}: ' if number else ''}{cause}" for n, cause in enumerate(causes)]
        return "\n".join([f"Error: {first}", "", "Caused by:", *lines])

    def chain(self) -> tuple[str, ...]:
        """Return the error and its causes, outermost first."""
        if self.step == "backend":
            return ("Could not create backend", CANNOT_START)
        return (*self.context, self.reason)


class RefusedError(Exception):
    """Ends a reading; whoever asked for it gets the `Refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def refuse(step: Step, reason: str, *context: str, about: str = "") -> RefusedError:
    """Return what ends the reading at a step of the router itself."""
    return RefusedError(Refusal(step, reason, context, about))


def refuse_backend(reason: str, said: str | None = None, about: str = "") -> RefusedError:
    """Return what ends the reading in candle; `said` is the reason with what candle puts before it."""
    line = f"Could not start Candle backend: Could not start backend: {said or reason}"
    return RefusedError(Refusal("backend", reason, about=about, log=(line,)))


def refuse_weights(reason: str) -> RefusedError:
    """Return what ends the reading where weights cannot be downloaded."""
    return refuse(
        "weights", f"Weights not found: {reason}", "Could not create backend", about="weights"
    )
