"""Which rows of a source have a vector in an index, and which vectors are of no row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client.backfill._rows import Id, Row, Source, cut_into_chunks
from baseten_tei_client.backfill._sinks.index import Index
from baseten_tei_client.backfill._verification.figures import LISTED, Coverage
from baseten_tei_client.backfill._verification.findings import Findings

CHUNK = 4096


class Ids:
    """A set of ids that takes 8 bytes for each. 1 and "1" are one, since many stores have only one of both."""

    def __init__(self) -> None:
        self._new: list[NDArray[np.int64]] = []
        self._sorted = np.empty(0, np.int64)
        self._added = 0

    def add(self, ids: Sequence[Id]) -> None:
        """Add ids."""
        self._new.append(_hash(ids))
        self._added += len(ids)

    def count(self) -> int:
        """Return how many different ones there are."""
        return len(self._sort())

    @property
    def repeated(self) -> int:
        """Return how many were added that had been there."""
        return self._added - self.count()

    def find_others(self, ids: Sequence[Id]) -> list[Id]:
        """Return those of these that are not among them."""
        every, hashes = self._sort(), _hash(ids)
        if not len(every):
            return list(ids)
        places = np.minimum(np.searchsorted(every, hashes), len(every) - 1)
        return [it for it, found in zip(ids, every[places] == hashes, strict=True) if not found]

    def _sort(self) -> NDArray[np.int64]:
        if self._new:
            self._sorted = np.unique(np.concatenate([self._sorted, *self._new]))
            self._new = []
        return self._sorted


def _hash(ids: Iterable[Id]) -> NDArray[np.int64]:
    return np.fromiter((hash(str(it)) for it in ids), np.int64)


@dataclass
class SourceLook:
    """What reading the source once tells: what is missing, and some rows that are there, chosen at random."""

    rows: int = 0
    ids: Ids = field(default_factory=Ids)
    present: Ids = field(default_factory=Ids)
    missing: Ids = field(default_factory=Ids)
    missing_ids: list[Id] = field(default_factory=list)
    empty: int = 0
    refused: dict[Id, str] = field(default_factory=dict)
    sample: list[Row] = field(default_factory=list)


def look_at_source(
    source: Source, index: Index, findings: Findings, sample: int, choose: Callable[[int], int]
) -> SourceLook:
    """Read the whole source, and return what the index has of it. `choose(n)`: a number below n, by chance."""
    look, seen = SourceLook(), 0
    for chunk in cut_into_chunks(source, CHUNK):
        known = index.known([row.id for row in chunk.rows])
        look.rows += len(chunk.rows)
        look.ids.add([row.id for row in chunk.rows])
        look.present.add([row.id for row in chunk.rows if row.id in known])
        for row in chunk.rows:
            if row.id not in known:
                _miss(look, row, findings)
                continue
            seen += 1
            _keep_some(look.sample, row, seen, sample, choose)
    return look


def _miss(look: SourceLook, row: Row, findings: Findings) -> None:
    if not row.text:
        look.empty += 1
        return
    if row.id in findings.refused:
        look.refused[row.id] = findings.refused[row.id]
        return
    look.missing.add([row.id])
    if len(look.missing_ids) < LISTED:
        look.missing_ids.append(row.id)


def _keep_some(
    kept: list[Row], row: Row, seen: int, most: int, choose: Callable[[int], int]
) -> None:
    """Keep rows so that each is as likely (a reservoir)."""
    if len(kept) < most:
        kept.append(row)
    elif (place := choose(seen)) < most:
        kept[place] = row


def describe_coverage(
    look: SourceLook, findings: Findings, stored: int, extra_ids: Sequence[Id]
) -> Coverage:
    """Return the figures; `stored`: different ids of the index."""
    present = look.present.count()
    return Coverage(
        rows=look.rows, present=present, missing=look.missing.count(), empty=look.empty, refused=len(look.refused),
        truncated=len(findings.truncated), extra=max(0, stored - present), repeated=look.ids.repeated,
        missing_ids=look.missing_ids, extra_ids=extra_ids[:LISTED],
        refused_rows=dict(islice(((str(key), it) for key, it in look.refused.items()), LISTED)),
    )  # fmt: skip
