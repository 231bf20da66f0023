"""What the calls give back: numpy arrays, and what happened to the texts on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client.spaces import Space

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Truncated:
    """A text that the model read only the beginning of.

    `tokens` is what it has, special tokens included, and `limit` what the model reads. `at_least`: the text
    was too long even to be sent whole, so that it has more than `tokens`. Of a pair (rerank), `tokens` is
    at most one too many.
    """

    index: int
    tokens: int
    limit: int
    at_least: bool = False


@dataclass(frozen=True)
class Refused:
    """A text that was left out (`on_refusal="skip"`), and why."""

    index: int
    reason: str


@dataclass(frozen=True)
class Usage:
    """What a call cost: tokens computed, requests sent, and texts that were sent, repeated or remembered."""

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
        """So that `np.asarray(embeddings)` is the vectors."""
        return np.array(self.vectors, dtype=dtype, copy=copy)


@dataclass(frozen=True, eq=False)
class Ranking(Result):
    """`scores` is float32 of shape (texts,), aligned to the texts as given; NaN where refused."""

    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def order(self) -> NDArray[np.intp]:
        """Indices of the texts, best first; of equal scores the earlier text first, refused ones left out."""
        best_first = np.argsort(-self.scores, kind="stable")
        return best_first[~np.isnan(self.scores[best_first])]

    def best(self, count: int | None = None) -> list[tuple[int, float]]:
        """Index and score of the `count` best texts (all without it), best first."""
        return [(int(index), float(self.scores[index])) for index in self.order[:count]]


@dataclass(frozen=True, eq=False)
class Classification(Result):
    """`scores` is float32 of shape (texts, labels), columns in the order of `labels`; NaN where refused.

    Where `multi_label`, each score is a probability by itself (sigmoid); else a row adds up to 1 (softmax).
    """

    labels: tuple[str, ...]
    scores: Floats
    multi_label: bool

    def __len__(self) -> int:
        return len(self.scores)

    def best(self) -> list[tuple[str, float] | None]:
        """The likeliest label of each text and its score; `None` where refused."""
        return [
            None if np.isnan(row).any() else (self.labels[int(row.argmax())], float(row.max()))
            for row in self.scores
        ]

    def above(self, threshold: float = 0.5) -> list[list[str]]:
        """The labels of each text that score at least `threshold`."""
        return [
            [label for label, score in zip(self.labels, row, strict=True) if score >= threshold]
            for row in self.scores
        ]
