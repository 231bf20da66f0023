"""The options of a caller, which the stack's outputs do not contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from baseten_tei_client._cache import VectorCache
from baseten_tei_client._checks import (
    is_number,
    require_bool,
    require_choice,
    require_count,
    require_positive,
)
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import UsageError

TooLong = Literal["cut", "refuse"]
TransportName = Literal["auto", "http", "performance"]
AuthScheme = Literal["Api-Key", "Bearer"]


@dataclass(frozen=True)
class Settings:
    """What `connect` and `aconnect` take besides a model's name and where its outputs are."""

    timeout: float = 300.0
    """Seconds for a whole call with its cold start, unless the call has its own."""
    request_timeout: float = 60.0
    """Seconds for one try of one request; a cold model may take several."""
    replicas: int | None = None
    """Replicas to keep busy; default: the `max_replica` of the stack's outputs."""
    share: float = 1.0
    """Which part of the replicas' permits to use at most, so that others have the rest: 0.5 is half of them."""
    too_long: TooLong | None = None
    """What to do with a text above `max_input_length`; default: what the router's `auto_truncate` does."""
    hedge_after: float | None = None
    """Seconds after which a request without an answer is sent a second time beside the first."""
    wake_after: float = 300.0
    """Seconds without an answer after which the model may be asleep and is woken first."""
    cache: VectorCache | None = None
    tokenizer: Any = None
    """A `tokenizers.Tokenizer`, or the path of the model's `tokenizer.json`: counts are then exact."""
    fetch_tokenizer: bool = True
    """Whether to fetch that file from the Hub, if the extra `tokenizers` is installed and HF_HUB_OFFLINE is not set."""
    multi_label: bool | None = None
    """Whether several labels may apply at once, if the stack does not say."""
    expect_space: Space | None = None
    probe_space: bool = False
    """Whether to embed the probe texts first and compare them with `expect_space`."""
    transport: TransportName = "auto"
    auth_scheme: AuthScheme = "Api-Key"

    def validate(self) -> Self:
        """Return the settings. Raises `UsageError` for an impossible value."""
        for name in ("timeout", "request_timeout"):
            require_positive(name, getattr(self, name))
        if not is_number(self.wake_after) or not self.wake_after >= 0:
            raise UsageError(f"wake_after must be a number from 0, not {self.wake_after!r:.50}")
        if self.hedge_after is not None:
            require_positive("hedge_after", self.hedge_after)
        if self.replicas is not None:
            require_count("replicas", self.replicas, least=1)
        if not is_number(self.share) or not 0 < self.share <= 1:
            raise UsageError(
                f"share must be a number above 0 and at most 1, not {self.share!r:.50}"
            )
        self._check_choices()
        if not isinstance(self.cache, VectorCache | None):
            raise UsageError(f"cache must be a VectorCache, not {type(self.cache).__name__}")
        if self.probe_space and not (self.expect_space and self.expect_space.fingerprint):
            raise UsageError("probe_space needs an expect_space with a fingerprint")
        return self

    def _check_choices(self) -> None:
        for name in ("probe_space", "fetch_tokenizer"):
            require_bool(name, getattr(self, name))
        for name, known in _CHOICES.items():
            require_choice(name, getattr(self, name), known)


_CHOICES: Mapping[str, tuple[object, ...]] = {
    "too_long": (None, "cut", "refuse"),
    "multi_label": (None, True, False),
    "transport": ("auto", "http", "performance"),
    "auth_scheme": ("Api-Key", "Bearer"),
}
