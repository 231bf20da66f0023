"""The limits of one router, and how much a client may send at once.

TEI's `--max-concurrent-requests` counts texts, Baseten's `predict_concurrency` requests, each for one replica.
The live router's `/info` comes before the stack's outputs, and these before TEI's own defaults.

A router before 1.9.0 aborts when its permits are all taken (its queue has no room then; measured on 1.8.3), so no more
than half of them are used there, and where `/info` does not name the release.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self


@dataclass(frozen=True)
class Limits:
    """Names are those of the outputs. Defaults are TEI's, and this project's for the two of Baseten."""

    max_client_batch_size: int = 32
    payload_limit_bytes: int = 2_000_000
    max_input_length: int = 512
    max_batch_tokens: int = 16384
    max_concurrent_requests: int = 512
    """Of a router before 1.9.0, half of what it says."""
    predict_concurrency: int = 32
    auto_truncate: bool = False
    max_replica: int = 1

    @classmethod
    def of(cls, outputs: Mapping[str, Any], info: Mapping[str, Any]) -> Self:
        """Return what is known, the live router's values first."""
        known: dict[str, Any] = {
            name: value if isinstance(value, bool) else int(value)  # a StackReference has floats
            for source in (outputs, info)
            for name, value in source.items()
            if name in LIMIT_NAMES and value is not None
        }
        permits = known.get("max_concurrent_requests", cls.max_concurrent_requests)
        return cls(**{**known, "max_concurrent_requests": _usable_permits(permits, info)})

    def of_one_text(self) -> Self:
        """Return the limits under which one text at a time is sent, and nothing else."""
        return replace(self, max_client_batch_size=1, predict_concurrency=1)

    def of_share(self, share: float) -> Self:
        """Return the limits for a client that may use this part of each replica's permits."""
        return replace(
            self,
            max_concurrent_requests=max(1, int(self.max_concurrent_requests * share)),
            predict_concurrency=max(1, int(self.predict_concurrency * share)),
        )

    def texts_per_request(self, replicas: int) -> int:
        """Return the most texts of one request.

        With one replica the client counts the texts it has sent itself. With several, Baseten chooses the replica:
        one that is full of requests must still have a permit for each of their texts.
        """
        most = min(self.max_client_batch_size, self.max_concurrent_requests)
        if replicas > 1:
            most = min(most, self.max_concurrent_requests // self.predict_concurrency)
        return max(1, most)

    def requests_under_way(self, replicas: int) -> int:
        """Return the most requests at once: as many as the replicas let in, and all at one of them have permits."""
        if replicas > 1 and self.max_concurrent_requests < self.predict_concurrency:
            return max(1, self.max_concurrent_requests)
        return max(1, self.predict_concurrency * replicas)

    def texts_under_way(self, replicas: int) -> int:
        """Return the most texts at once: the replicas' permits."""
        return max(1, self.max_concurrent_requests * replicas)


def _usable_permits(permits: int, info: Mapping[str, Any]) -> int:
    release = re.match(r"(\d{1,9})\.(\d{1,9})", str(info.get("version") or ""))
    is_roomy = release is not None and (int(release[1]), int(release[2])) >= (1, 9)
    return permits if is_roomy else max(1, permits // 2)


LIMIT_NAMES = tuple(field.name for field in fields(Limits))
