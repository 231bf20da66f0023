"""The results of calls: numpy arrays, and which texts were cut or refused."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client import _frames
from baseten_tei_client._checks import is_number, require_count
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import UsageError

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


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What all results have in common. A result has the length, the items and the slices of its array."""

    truncated: tuple[Truncated, ...]
    refused: tuple[Refused, ...]
    usage: Usage

    def __len__(self) -> int:
        return len(self.to_numpy())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.to_numpy())

    def __getitem__(self, index: Any) -> Any:
        return self.to_numpy()[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the array, for `np.asarray(result)`."""
        return np.array(self.to_numpy(), dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        counts = {"truncated": len(self.truncated), "refused": len(self.refused)}
        told = [self._summary(), *(f"{n} {what}" for what, n in counts.items() if n)]
        return f"<{type(self).__name__} of {len(self)} texts: {', '.join(filter(None, told))}>"

    def to_numpy(self) -> Floats:
        """Return the array: a row, or a score, for each text; NaN where refused."""
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with a row for each text."""
        return _frames.to_pandas(self._columns())

    def to_polars(self) -> Any:
        """Return a `polars.DataFrame` with a row for each text, null where refused."""
        return _frames.to_polars(self._columns())

    def to_arrow(self) -> Any:
        """Return a `pyarrow.Table` with a row for each text, null where refused."""
        return _frames.to_arrow(self._columns())

    def _columns(self) -> _frames.Columns:
        raise NotImplementedError

    def _summary(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, eq=False, repr=False)
class Embeddings(Result):
    """`vectors` is float32 of shape (texts, dimensions), in the order of the texts; NaN where refused."""

    vectors: Floats
    space: Space | None

    def to_numpy(self) -> Floats:
        """Return `vectors`."""
        return self.vectors

    def _columns(self) -> _frames.Columns:
        return {"vector": self.vectors}

    def _summary(self) -> str:
        return f"{self.vectors.shape[1]} dimensions"


@dataclass(frozen=True, eq=False, repr=False)
class Ranking(Result):
    """`scores` is float32 of shape (texts,), in the order of the texts; NaN where refused."""

    scores: Floats

    @property
    def order(self) -> NDArray[np.intp]:
        """Return the indices of the texts without refused ones, best first; ties keep their order."""
        best_first = np.argsort(-self.scores, kind="stable")
        return best_first[~np.isnan(self.scores[best_first])]

    def best(self, count: int | None = None) -> list[tuple[int, float]]:
        """Return index and score of the `count` best texts (default: all), best first."""
        if count is not None:
            require_count("count", count, least=0)
        return [(int(index), float(self.scores[index])) for index in self.order[:count]]

    def to_numpy(self) -> Floats:
        """Return `scores`."""
        return self.scores

    def _columns(self) -> _frames.Columns:
        return {"score": self.scores}

    def _summary(self) -> str:
        return ", ".join(f"text {index} scores {score:.3f}" for index, score in self.best(1))


@dataclass(frozen=True)
class Document:
    """A document as callers of Cohere and Jina read it."""

    text: str


@dataclass(frozen=True)
class RankedDocument:
    """A document's place in the caller's list, how well it answers the query, and itself if that was asked for."""

    index: int
    relevance_score: float
    document: Document | None = None


@dataclass(frozen=True)
class Reranked:
    """What `rerank_results` returns: the best documents, the best first."""

    results: tuple[RankedDocument, ...]
    truncated: tuple[Truncated, ...]
    usage: Usage

    def to_dict(self) -> dict[str, Any]:
        """Return `results` and `usage` as the JSON of Cohere and Jina has them."""
        results = [
            {key: value for key, value in asdict(it).items() if value is not None}
            for it in self.results
        ]
        return {"results": results, "usage": {"total_tokens": self.usage.tokens}}

    def warnings(self) -> list[str]:
        """Return a line for each text that was cut."""
        return [
            f"{'the query' if it.index is None else f'document {it.index}'} has {'at least ' * it.at_least}"
            f"{it.tokens} tokens with its pair's, of which the model reads {it.limit}"
            for it in self.truncated
        ]


@dataclass(frozen=True, eq=False, repr=False)
class Classification(Result):
    """`scores` is float32 of shape (texts, labels), columns in the order of `labels`; NaN where refused.

    With `multi_label` each score is a probability by itself (sigmoid); otherwise a row adds up to 1 (softmax).
    """

    labels: tuple[str, ...]
    scores: Floats
    multi_label: bool

    def best(self) -> list[tuple[str, float] | None]:
        """Return the likeliest label of each text and its score; `None` where refused."""
        return [
            None if np.isnan(row).any() else (self.labels[int(row.argmax())], float(row.max()))
            for row in self.scores
        ]

    def above(self, threshold: float = 0.5) -> list[list[str]]:
        """Return the labels of each text that score at least `threshold`."""
        if not is_number(threshold):
            raise UsageError(f"threshold must be a number, not {threshold!r:.50}")
        return [
            [label for label, score in zip(self.labels, row, strict=True) if score >= threshold]
            for row in self.scores
        ]

    def to_numpy(self) -> Floats:
        """Return `scores`."""
        return self.scores

    def _columns(self) -> _frames.Columns:
        return {label: self.scores[:, n] for n, label in enumerate(self.labels)}

    def _summary(self) -> str:
        return f"{len(self.labels)} labels"
