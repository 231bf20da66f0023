"""How a caller wants a model called: everything that is not the stack's to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from baseten_tei_client.cache import VectorCache
from baseten_tei_client.errors import UsageError
from baseten_tei_client.spaces import Space

TooLong = Literal["cut", "refuse"]
TransportName = Literal["auto", "http", "performance"]
AuthScheme = Literal["Api-Key", "Bearer"]


@dataclass(frozen=True)
class Settings:
    """Set by `connect` and `aconnect`."""

    timeout: float = 300.0
    """Seconds for a whole call, a cold start included, unless the call has its own."""
    request_timeout: float = 60.0
    """Seconds for one try of one request; a cold model may take several."""
    replicas: int | None = None
    """Replicas to fill; default: the `max_replica` of the stack's outputs."""
    too_long: TooLong | None = None
    """What becomes of a text above `max_input_length`; default: what the router's `auto_truncate` does."""
    hedge_after: float | None = None
    """Seconds after which a request without answer is sent a second time beside the first."""
    wake_after: float = 300.0
    """Seconds without an answer after which the model may be asleep, and is woken before it is asked."""
    cache: VectorCache | None = None
    tokenizer: Any = None
    """A `tokenizers.Tokenizer`, or the path of the model's `tokenizer.json`: counts are then exact."""
    multi_label: bool | None = None
    """Whether several labels may hold at once, where the stack does not say so."""
    expect_space: Space | None = None
    probe_space: bool = False
    """Whether the probe texts are embedded before anything else, and compared with `expect_space`."""
    transport: TransportName = "auto"
    auth_scheme: AuthScheme = "Api-Key"

    def checked(self) -> Settings:
        """Itself. Raises `UsageError` that says which value cannot be."""
        for name in ("timeout", "request_timeout", "hedge_after", "replicas"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} is {value!r}, and must be above 0")
        for name, known in (
            ("too_long", (None, "cut", "refuse")),
            ("transport", ("auto", "http", "performance")),
            ("auth_scheme", ("Api-Key", "Bearer")),
        ):
            if getattr(self, name) not in known:
                raise UsageError(f"{name} is {getattr(self, name)!r}; it is one of {known}")
        if self.probe_space and not (self.expect_space and self.expect_space.fingerprint):
            raise UsageError("probe_space compares fingerprints: give an expect_space that has one")
        return self
