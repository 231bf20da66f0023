"""The options of a caller, which the stack's outputs do not contain."""

from dataclasses import dataclass
from typing import Any, Literal, Self

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
    """Seconds for a whole call with its cold start, unless the call has its own."""
    request_timeout: float = 60.0
    """Seconds for one try of one request; a cold model may take several."""
    replicas: int | None = None
    """Replicas to keep busy; default: the `max_replica` of the stack's outputs."""
    too_long: TooLong | None = None
    """What to do with a text above `max_input_length`; default: what the router's `auto_truncate` does."""
    hedge_after: float | None = None
    """Seconds after which a request without an answer is sent a second time beside the first."""
    wake_after: float = 300.0
    """Seconds without an answer after which the model may be asleep and is woken first."""
    cache: VectorCache | None = None
    tokenizer: Any = None
    """A `tokenizers.Tokenizer`, or the path of the model's `tokenizer.json`: counts are then exact."""
    multi_label: bool | None = None
    """Whether several labels may apply at once, if the stack does not say."""
    expect_space: Space | None = None
    probe_space: bool = False
    """Whether to embed the probe texts first and compare them with `expect_space`."""
    transport: TransportName = "auto"
    auth_scheme: AuthScheme = "Api-Key"

    def validate(self) -> Self:
        """Return the settings. Raises `UsageError` for an impossible value."""
        for name in ("timeout", "request_timeout", "hedge_after", "replicas"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} must be above 0, not {value!r}")
        for name, known in (
            ("too_long", (None, "cut", "refuse")),
            ("transport", ("auto", "http", "performance")),
            ("auth_scheme", ("Api-Key", "Bearer")),
        ):
            if getattr(self, name) not in known:
                raise UsageError(f"{name} must be one of {known}, not {getattr(self, name)!r}")
        if self.probe_space and not (self.expect_space and self.expect_space.fingerprint):
            raise UsageError("probe_space needs an expect_space with a fingerprint")
        return self
