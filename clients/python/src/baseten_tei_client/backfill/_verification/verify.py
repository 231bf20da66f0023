"""Verifies an index of the next space before it takes over: reads, embeds, searches; what is decided is elsewhere."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from baseten_tei_client._spaces import Space, compare
from baseten_tei_client.backfill._embedder import ChunkEmbedder
from baseten_tei_client.backfill._rows import Id, Row, Source
from baseten_tei_client.backfill._sinks.index import Index, read_note
from baseten_tei_client.backfill._sinks.sink import dimensions_of
from baseten_tei_client.backfill._sources import as_source
from baseten_tei_client.backfill._verification.coverage import (
    describe_coverage,
    look_at_source,
)
from baseten_tei_client.backfill._verification.figures import Figures, Judgement
from baseten_tei_client.backfill._verification.findings import read_reports
from baseten_tei_client.backfill._verification.queries import take_queries
from baseten_tei_client.backfill._verification.relevance import (
    compare_hits,
    compare_lists,
    compute_ndcg,
)
from baseten_tei_client.backfill._verification.searches import (
    Searcher,
    Searches,
    Side,
    search_both,
)
from baseten_tei_client.backfill._verification.vectors import (
    describe_vectors,
    embed_anew,
    find_middle,
    scan_index,
)
from baseten_tei_client.backfill._verification.verdict import Check, Thresholds, judge, summarize
from baseten_tei_client.errors import SpaceMismatchError, UsageError
from baseten_tei_client.results import Ranking

SAMPLE = 1000
MOST_QUERIES = 500
UNLIKE = 100
"""Vectors that are embedded anew because they are least like the rest."""
OLD_SAMPLE = 200


class Judge(Protocol):
    """A reranker; `Model` is one."""

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    def rerank(
        self, query: str, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: Literal["raise", "skip"] = "raise",
    ) -> Ranking:  # fmt: skip
        """Return how well each text answers the query."""
        ...


@dataclass(frozen=True)
class Verification:
    """What was found, and what each check says of it."""

    figures: Figures
    thresholds: Thresholds
    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        """Return whether no check failed."""
        return all(it.passed is not False for it in self.checks)

    @property
    def summary(self) -> str:
        """Return the figures in one line."""
        return summarize(self.figures)

    def as_mapping(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "passed": self.passed,
            "summary": self.summary,
            "checks": [vars(it) for it in self.checks],
            "thresholds": self.thresholds.as_mapping(),
            "figures": self.figures.as_mapping(),
        }


def verify(
    current: Searcher, following: Searcher, source: Source | Iterable[Any], *, old: Index, new: Index,
    queries: Sequence[str] | None = None, judge_by: Judge | None = None,
    reports: Iterable[str | Path] = (), thresholds: Thresholds | None = None, k: int = 10,
    sample: int = SAMPLE, most_queries: int = MOST_QUERIES, seconds: float = 60.0, timeout: float = 600.0,
    seed: int = 0, tell: Callable[[str], None] | None = None,
) -> Verification:  # fmt: skip
    """Return whether an index of the next space can take over from the one that is searched now.

    Args:
        current: The model whose vectors the old index has: `connect("search")`.
        following: That of the new index: `connect("search", space="next")`.
        source: The rows that both indexes are of, as for `backfill`; it is read two or three times.
        old: Of `open_index`; it is only read.
        new: The same.
        queries: As users ask them; without any, the beginnings of some rows are asked.
        judge_by: A reranker that says which of two lists of hits is better.
        reports: Of the backfills that filled the new index: they explain rows without a vector.
        thresholds: What has to be reached.
        k: Hits of a query.
        sample: Rows that are embedded anew.
        most_queries: Of more, so many are chosen at random.
        seconds: For the queries whose time is taken.
        timeout: Seconds for one call.
        seed: Of what is chosen at random.
        tell: Called with a line for each step.

    Raises:
        SpaceMismatchError: an index is of another space than its model, or a model serves another than its outputs say.
        SinkError: a store failed.
        TeiClientError: see errors.py of the client.
    """
    if k < 1 or sample < 1 or most_queries < 1:
        raise UsageError("k, sample and most_queries must be at least 1")
    if queries is not None and not queries:
        raise UsageError("queries is empty: give some, or None for the beginnings of rows")
    try:
        work = _Work(
            Side(current, old), Side(following, new), as_source(source),
            random.Random(seed), timeout, tell or (lambda _: None),  # noqa: S311  # a sample
        )  # fmt: skip
        figures = work.look(
            queries, judge_by, reports, {"k": k, "sample": sample, "most": most_queries}, seconds
        )
    finally:
        old.close()
        new.close()
    wanted = thresholds or Thresholds()
    return Verification(figures, wanted, judge(figures, wanted))


class _Work:
    """One verification."""

    def __init__(
        self, old: Side, new: Side, source: Source, chance: random.Random, timeout: float,
        tell: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._old, self._new, self._source = old, new, source
        self._chance, self._timeout, self._tell = chance, timeout, tell

    def look(
        self, queries: Sequence[str] | None, judge_by: Judge | None,
        reports: Iterable[str | Path], sizes: dict[str, int], seconds: float,
    ) -> Figures:  # fmt: skip
        """Return all figures; what can fail early is done first."""
        findings = read_reports(reports)
        if judge_by is not None:
            judge_by.rerank("awake?", ["awake"], timeout=self._timeout)
        before = ChunkEmbedder(self._old.model, 0, self._timeout)
        after = ChunkEmbedder(self._new.model, 0, self._timeout)
        old_noted = _check_note(self._old.index, before.space, "current")
        new_noted = _check_note(self._new.index, after.space, "next")
        self._tell("reading the source")
        seen = look_at_source(
            self._source, self._new.index, findings, sizes["sample"], self._chance.randrange
        )
        if not seen.rows:
            raise UsageError("the source has no rows")
        self._tell(f"embedding {len(seen.sample):,} of its {seen.rows:,} rows anew")
        anew = embed_anew(after, seen.sample, self._new.index)
        self._tell("looking at each vector of the new index")
        middle = find_middle(anew.fresh)
        scan = scan_index(self._new.index, dimensions_of(after.space), seen.ids, middle, UNLIKE)
        known = {str(it) for it in anew.fresh}
        others = self._find_rows(it for it in scan.unlike if str(it) not in known)
        anew.add(embed_anew(after, others.values(), self._new.index))
        if (
            seen.ids.repeated
        ):  # the sample may have a later row of an id, whose text was not embedded
            again = self._find_rows(anew.foreign)
            anew.foreign = embed_anew(after, again.values(), self._new.index).foreign
        beside = embed_anew(before, seen.sample[:OLD_SAMPLE], self._old.index)
        asked = self._choose_queries(queries, seen.sample, sizes["most"])
        self._tell(f"asking {len(asked):,} queries of both indexes")
        found = search_both(
            self._old,
            self._new,
            asked,
            sizes["k"],
            seconds=seconds,
            timeout=self._timeout,
            clock=time.perf_counter,
        )
        return Figures(
            before.space, after.space, self._old.index.name, self._new.index.name,
            describe_coverage(seen, findings, scan.ids.count(), scan.extra_ids),
            describe_vectors(scan, anew), len(beside.foreign), beside.compared,
            compare_hits(
                found.old, found.new, sizes["k"], of_rows=queries is None, refused=found.refused
            ),
            self._judge(judge_by, found, sizes["k"]) if judge_by else None,
            found.latency(), old_noted, new_noted,
        )  # fmt: skip

    def _choose_queries(
        self, queries: Sequence[str] | None, sample: Sequence[Row], most: int
    ) -> list[str]:
        texts = [row.text for row in sample if isinstance(row.text, str)]
        asked = take_queries(texts[:most]) if queries is None else list(queries)
        if not asked:
            raise UsageError("no row has a text to ask for: give queries")
        return asked if len(asked) <= most else self._chance.sample(asked, most)

    def _judge(self, judge_by: Judge, found: Searches, k: int) -> Judgement:
        """Let a reranker score the hits of both lists of each query."""
        self._tell(f"letting {judge_by.name} judge the hits")
        pairs = list(zip(found.queries, found.old, found.new, strict=True))
        rows = self._find_rows(it for _, old, new in pairs for it in (*old, *new))
        before, after, unknown = [], [], 0
        for query, old, new in pairs:
            lists: list[list[Id]] = [
                [str(it) for it in hits if str(it) in rows] for hits in (old, new)
            ]
            unknown += len(old) + len(new) - sum(map(len, lists))
            ids = list(dict.fromkeys((*lists[0], *lists[1])))
            ranked = judge_by.rerank(
                query, [rows[str(it)].text for it in ids], timeout=self._timeout, on_refusal="skip"
            ) if ids else None  # fmt: skip
            scores = dict(zip(ids, map(float, ranked.scores), strict=True)) if ranked else {}
            before.append(compute_ndcg(lists[0], scores, k))
            after.append(compute_ndcg(lists[1], scores, k))
        return compare_lists(judge_by.name, before, after, unknown=unknown)

    def _find_rows(self, ids: Iterable[Id]) -> dict[str, Row]:
        """Return the rows of these ids, of each the first, by their ids as text."""
        left, found = {str(it) for it in ids}, {}
        for row in self._source if left else ():
            if str(row.id) in left:
                found[str(row.id)] = row
                left.discard(str(row.id))
                if not left:
                    break
        return found


def _check_note(index: Index, space: Space, role: str) -> bool:
    """Return whether an index notes its space. Raises `SpaceMismatchError` where it is not that of its model."""
    noted = read_note(index.name, index.look())
    if noted is None:
        return False
    if not (comparison := compare(noted, space)):
        raise SpaceMismatchError(
            f"{index.name} is not an index of the {role} model's space: {'; '.join(comparison.reasons)}. Name the "
            f"index of {role}"
        )
    return True
