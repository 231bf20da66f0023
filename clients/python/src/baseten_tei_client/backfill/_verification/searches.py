"""Runs the queries through both models and both indexes, in turn, and takes the time of each step."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from baseten_tei_client.backfill._embedder import Embedder
from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import Index
from baseten_tei_client.backfill._verification.figures import Latency, Times
from baseten_tei_client.errors import RefusedTextError, UsageError
from baseten_tei_client.results import Embeddings, Floats

WARM_UP = 3
"""Queries before the clock counts: connections, caches."""


class Searcher(Embedder, Protocol):
    """What a verification needs of a model; `Model` has it."""

    def embed_query(
        self, texts: str | Iterable[str], *, timeout: float | None = None,
        on_refusal: Literal["raise", "skip"] = "raise",
    ) -> Embeddings:  # fmt: skip
        """Return the vectors of queries, after the prompt that the model wants before them."""
        ...


@dataclass(frozen=True)
class Side:
    """A model and its index."""

    model: Searcher
    index: Index


@dataclass
class Searches:
    """Hits of each query in both indexes, and milliseconds of each step."""

    queries: list[str] = field(default_factory=list)
    old: list[list[Id]] = field(default_factory=list)
    new: list[list[Id]] = field(default_factory=list)
    refused: int = 0
    steps: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Embedding and searching on the old side, then on the new one."""

    def latency(self) -> Latency:
        """Return the percentiles."""
        steps = np.asarray(self.steps, float).reshape(-1, 4)
        embed_old, search_old, embed_new, search_new = steps.T
        return Latency(
            len(steps), _times(embed_old), _times(embed_new), _times(search_old), _times(search_new),
            _times(embed_old + search_old), _times(embed_new + search_new),
        )  # fmt: skip


def search_both(
    old: Side, new: Side, queries: Sequence[str], k: int, *, seconds: float, timeout: float,
    clock: Callable[[], float],
) -> Searches:  # fmt: skip
    """Return what both sides find; after so many seconds the rest of the queries is asked without a clock."""
    found = Searches()
    for query in queries[:WARM_UP]:
        _ask_both(Searches(), old, new, query, k, timeout, clock)
    ends = clock() + seconds
    for number, query in enumerate(queries):
        if number and clock() >= ends:
            _ask_rest(found, old, new, queries[number:], k, timeout)
            break
        _ask_both(found, old, new, query, k, timeout, clock)
    if not found.queries:
        raise UsageError("the models refused every query: give others")
    return found


def _ask_both(
    found: Searches, old: Side, new: Side, query: str, k: int, timeout: float, clock: Callable[[], float]
) -> None:  # fmt: skip
    """Ask both sides one after the other; which is first changes, so that neither has the better moments."""
    turns = [("old", old), ("new", new)]
    if len(found.queries) % 2:
        turns.reverse()
    answers: dict[str, Any] = {}
    try:
        for name, side in turns:
            began = clock()
            vector = side.model.embed_query([query], timeout=timeout).vectors
            embedded = clock()
            [hits] = side.index.search(vector, k)
            answers[name] = (hits, (embedded - began) * 1000, (clock() - embedded) * 1000)
    except RefusedTextError:
        found.refused += 1
        return
    found.queries.append(query)
    found.old.append(answers["old"][0])
    found.new.append(answers["new"][0])
    found.steps.append((*answers["old"][1:], *answers["new"][1:]))


def _ask_rest(
    found: Searches, old: Side, new: Side, queries: Sequence[str], k: int, timeout: float
) -> None:
    before, after = (_embed(it.model, queries, timeout) for it in (old, new))
    good: Any = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
    found.refused += int((~good).sum())
    found.queries += [
        query for query, is_good in zip(queries, good.tolist(), strict=True) if is_good
    ]
    if good.any():
        found.old += old.index.search(before[good], k)
        found.new += new.index.search(after[good], k)


def _embed(model: Searcher, queries: Sequence[str], timeout: float) -> Floats:
    return model.embed_query(queries, timeout=timeout, on_refusal="skip").vectors


def _times(milliseconds: Any) -> Times:
    p50, p95, p99 = np.percentile(milliseconds, (50, 95, 99)) if len(milliseconds) else (0, 0, 0)
    return Times(float(p50), float(p95), float(p99))
