"""The results of calls: numpy arrays, and which texts were cut or refused."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client.spaces import Space

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Truncated:
    """A text of which the model read only the beginning: `limit` of its `tokens`, with special ones.

    `at_least`: it was too long even to be sent whole, and has more tokens than that. In a rerank, `tokens` may be
    one too many. `index` is `None` for a rerank's query of which only the beginning was sent.
    """

    index: int | None
    tokens: int
    limit: int
    at_least: bool = False


@dataclass(frozen=True)
class Refused:
    """A text that was left out (`on_refusal="skip"`), and the reason."""

    index: int
    reason: str


@dataclass(frozen=True)
class Usage:
    """What a call cost: tokens computed, requests sent, and texts sent, repeated or found in the cache."""

    tokens: int = 0
    requests: int = 0
    sent: int = 0
    duplicates: int = 0
    cached: int = 0


@dataclass(frozen=True, eq=False)
class Result:
    """What all results have in common."""

    truncated: tuple[Truncated, ...]
    refused: tuple[Refused, ...]
    usage: Usage


@dataclass(frozen=True, eq=False)
class Embeddings(Result):
    """`vectors` is float32 of shape (texts, dimensions), in the order of the texts; NaN where refused."""

    vectors: Floats
    space: Space | None

    def __len__(self) -> int:
        return len(self.vectors)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the vectors, for `np.asarray(embeddings)`."""
        return np.array(self.vectors, dtype=dtype, copy=copy)


@dataclass(frozen=True, eq=False)
class Ranking(Result):
    """`scores` is float32 of shape (texts,), in the order of the texts; NaN where refused."""

    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def order(self) -> NDArray[np.intp]:
        """Return the indices of the texts without refused ones, best first; ties keep their order."""
        best_first = np.argsort(-self.scores, kind="stable")
        return best_first[~np.isnan(self.scores[best_first])]

    def best(self, count: int | None = None) -> list[tuple[int, float]]:
        """Return index and score of the `count` best texts (default: all), best first."""
        return [(int(index), float(self.scores[index])) for index in self.order[:count]]


@dataclass(frozen=True, eq=False)
class Classification(Result):
    """`scores` is float32 of shape (texts, labels), columns in the order of `labels`; NaN where refused.

    With `multi_label` each score is a probability by itself (sigmoid); otherwise a row adds up to 1 (softmax).
    """

    labels: tuple[str, ...]
    scores: Floats
    multi_label: bool

    def __len__(self) -> int:
        return len(self.scores)

    def best(self) -> list[tuple[str, float] | None]:
        """Return the likeliest label of each text and its score; `None` where refused."""
        return [
            None if np.isnan(row).any() else (self.labels[int(row.argmax())], float(row.max()))
            for row in self.scores
        ]

    def above(self, threshold: float = 0.5) -> list[list[str]]:
        """Return the labels of each text that score at least `threshold`."""
        return [
            [label for label, score in zip(self.labels, row, strict=True) if score >= threshold]
            for row in self.scores
        ]
