"""What a verification finds, as figures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._rows import Id

LISTED = 20
"""Rows that are named of each kind."""


@dataclass(frozen=True)
class Coverage:
    """Rows of the source and vectors of the new index; `refused`: rows without a vector that a report explains."""

    rows: int
    present: int
    missing: int
    empty: int
    """Rows without a text, which no model takes."""
    refused: int
    truncated: int
    extra: int
    repeated: int
    """Ids that the source has more than once."""
    missing_ids: Sequence[Id] = ()
    extra_ids: Sequence[Id] = ()
    refused_rows: Mapping[str, str] = field(default_factory=dict)
    """Reasons by id."""

    @property
    def due(self) -> int:
        """Return how many vectors there should be."""
        return self.present + self.missing


@dataclass(frozen=True)
class Vectors:
    """The vectors of the new index: all of them looked at, and some of them embedded anew."""

    stored: int
    dimensions: int
    twice: int
    wrong_length: int
    not_finite: int
    zero: int
    bad_ids: Sequence[Id]
    """Some of those that are of a wrong length, not finite or zero."""
    sample: int
    foreign: int
    """Of the sample: how many are not what the model gives for the text of their row."""
    foreign_ids: Sequence[Id]
    least_cosine: float | None
    """Of a vector of the sample and what the model gives now; `None` without a sample."""


@dataclass(frozen=True)
class Agreement:
    """How much of what the old index finds the new one finds, too."""

    queries: int
    k: int
    overlap: float
    """The mean part of the first `k` that both find."""
    by_tenth: Sequence[int] = field(default=(), repr=False)
    """How many queries have an overlap of 0, 0.1, … 1, rounded."""
    of_rows: bool = False
    """Whether the queries are beginnings of rows, for want of others."""
    refused: int = 0
    """Queries that one of the models refused; they are left out."""


@dataclass(frozen=True)
class Judgement:
    """nDCG of both lists by a reranker's scores, query by query."""

    judge: str
    queries: int
    old: float
    new: float
    low: float
    """With `high`: in which the mean difference (new less old) is with 95 % certainty."""
    high: float
    better: int
    """Queries whose new list is better, by more than 0.001; `worse` as many the other way."""
    worse: int
    quantiles: Sequence[float] = field(default=(), repr=False)
    """Of the differences by query: the least, 39 between, the greatest."""
    unknown: int = 0
    """Hits of rows that the source does not have; they are left out."""

    @property
    def difference(self) -> float:
        """Return the mean difference."""
        return self.new - self.old


@dataclass(frozen=True)
class Times:
    """Milliseconds that one step took for 50, 95 and 99 of 100 queries."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class Latency:
    """What a search takes with both models and both indexes, measured in turn, one query at a time."""

    queries: int
    embed_old: Times
    embed_new: Times
    search_old: Times
    search_new: Times
    all_old: Times
    """Both steps of each query together."""
    all_new: Times


@dataclass(frozen=True)
class Figures:
    """All of them; `judgement` is `None` without a reranker."""

    old_space: Space
    new_space: Space
    old_index: str
    new_index: str
    coverage: Coverage
    vectors: Vectors
    old_foreign: int
    """Of as many rows of the old index: how many are not what the current model gives."""
    old_sample: int
    agreement: Agreement
    judgement: Judgement | None
    latency: Latency
    old_noted: bool = True
    """Whether the old index notes its space."""
    new_noted: bool = True

    def as_mapping(self) -> dict[str, Any]:
        """Return them as JSON has them, rounded."""
        told = asdict(self)
        told["old_space"], told["new_space"] = (
            self.old_space.as_mapping(),
            self.new_space.as_mapping(),
        )
        return {key: _round(value) for key, value in told.items()}


def _round(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _round(it) for key, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [_round(it) for it in value]
    return round(value, 5) if isinstance(value, float) else value
