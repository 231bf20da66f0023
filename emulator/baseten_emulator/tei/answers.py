"""What a route computes, before it becomes HTTP: a JSON value and the work that it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .engine import Engine
from .errors import batch_too_large
from .outcome import Headers


@dataclass(frozen=True)
class Work:
    """Characters and tokens computed; the source of the `x-compute-*` headers."""

    characters: int
    tokens: int

    def headers(self, milliseconds: int) -> Headers:
        """The headers of a success. `gpu+optimized` is what TEI says on a CPU, too (measured)."""
        return (
            ("x-compute-type", "gpu+optimized"),
            ("x-compute-time", str(milliseconds)),
            ("x-compute-characters", str(self.characters)),
            ("x-compute-tokens", str(self.tokens)),
            ("x-total-time", str(milliseconds)),
            ("x-tokenization-time", "0"),
            ("x-queue-time", "0"),
            ("x-inference-time", str(milliseconds)),
        )


@dataclass(frozen=True)
class Answer:
    """A successful answer; `work` is None on routes that report none (`/tokenize`, `/decode`)."""

    value: Any
    work: Work | None = None


Request = dict[str, Any]
Run = Callable[[Engine, Request], Answer]


def check_batch(engine: Engine, size: int) -> None:
    """Refuse a batch above `--max-client-batch-size`."""
    maximum = engine.settings.max_client_batch_size
    if size > maximum:
        engine.count("te_request_failure")
        raise batch_too_large(size, maximum)
