"""What a route computes, before it becomes HTTP: a JSON value and the work that it took."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.errors import batch_too_large_error
from baseten_emulator.tei.model.engine import Engine
from baseten_emulator.tei.outcome import Headers
from baseten_emulator.tei.pace.service_time import NOTHING, Spent


@dataclass(frozen=True)
class Work:
    """Characters and tokens computed; the source of the `x-compute-*` headers."""

    characters: int
    tokens: int
    spent: Spent = NOTHING

    def headers(self, milliseconds: int) -> Headers:
        """Return the headers of a success. `gpu+optimized` is what TEI says on a CPU, too (measured)."""
        return (
            ("x-compute-type", "gpu+optimized"),
            ("x-compute-time", str(milliseconds)),
            ("x-compute-characters", str(self.characters)),
            ("x-compute-tokens", str(self.tokens)),
            ("x-total-time", str(milliseconds)),
            *self._timings(milliseconds),
        )

    def _timings(self, milliseconds: int) -> Headers:
        """Return where the time went; a router that answers at once has spent all of it computing."""
        spent = self.spent
        inference = milliseconds if spent == NOTHING else int(spent.inference * 1000)
        return (
            ("x-tokenization-time", str(int(spent.tokenization * 1000))),
            ("x-queue-time", str(int(spent.queue * 1000))),
            ("x-inference-time", str(inference)),
        )


@dataclass(frozen=True)
class Answer:
    """A successful answer; `work` is None on routes that report none (`/tokenize`, `/decode`)."""

    value: Any
    work: Work | None = None


RequestBody = dict[str, Any]
Run = Callable[[Engine, RequestBody], Answer]


def check_batch(engine: Engine, size: int) -> None:
    """Refuse a batch above `--max-client-batch-size`."""
    maximum = engine.settings.max_client_batch_size
    if size > maximum:
        raise batch_too_large_error(size, maximum)
