"""The vectors of an index: all of them looked at once, and some embedded anew and compared with what is stored."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

import numpy as np

from baseten_tei_client._fingerprints import MIN_COSINE
from baseten_tei_client.backfill._embedder import ChunkEmbedder
from baseten_tei_client.backfill._rows import Id, Row
from baseten_tei_client.backfill._sinks.index import Index, select_length
from baseten_tei_client.backfill._sinks.index import Vectors as Stored
from baseten_tei_client.backfill._sinks.nearest import normalize
from baseten_tei_client.backfill._verification.coverage import Ids
from baseten_tei_client.backfill._verification.figures import LISTED, Vectors
from baseten_tei_client.results import Floats

AT_ONCE = 1024
"""Texts that are embedded anew with one call."""


@dataclass
class Scan:
    """What one look at each vector of an index tells."""

    dimensions: int
    stored: int = 0
    ids: Ids = field(default_factory=Ids)
    wrong_length: int = 0
    not_finite: int = 0
    zero: int = 0
    bad_ids: list[Id] = field(default_factory=list)
    extra_ids: list[Id] = field(default_factory=list)
    unlike: list[Id] = field(default_factory=list)
    """Those that are least like the rest, which one of another model would be among."""


def scan_index(
    index: Index, dimensions: int, rows: Ids, middle: Floats | None, most_unlike: int
) -> Scan:
    """Look at each vector; `rows`: ids of the source; `middle`: the mean of vectors that are surely of the model."""
    scan, order = Scan(dimensions), count()
    heap: list[tuple[float, int, Id]] = []
    for ids, vectors in index.scan():
        scan.stored += len(ids)
        scan.ids.add(ids)
        scan.extra_ids += rows.find_others(ids)[: LISTED - len(scan.extra_ids)]
        places, good = _look_at(scan, ids, vectors)
        if middle is None or not most_unlike or not len(good):
            continue
        likeness = good @ middle
        for place in np.argpartition(likeness, min(most_unlike, len(good)) - 1)[:most_unlike]:
            entry = (-float(likeness[place]), next(order), ids[places[place]])
            heapq.heappush(heap, entry) if len(heap) < most_unlike else heapq.heappushpop(
                heap, entry
            )
    scan.unlike = [it[2] for it in sorted(heap, reverse=True)]
    return scan


def _look_at(scan: Scan, ids: Sequence[Id], vectors: Stored) -> tuple[Sequence[int], Floats]:
    """Count what is wrong with some vectors; return the places of the rest, and the rest at length one."""
    fitting, matrix = select_length(vectors, scan.dimensions)
    finite, filled = np.isfinite(matrix).all(axis=1), matrix.any(axis=1)
    scan.wrong_length += len(ids) - len(fitting)
    scan.not_finite += int((~finite).sum())
    scan.zero += int((~filled).sum())
    good: Any = finite & filled
    if len(fitting) == len(ids) and good.all():
        return fitting, normalize(matrix)
    places = [place for place, is_good in zip(fitting, good.tolist(), strict=True) if is_good]
    if len(places) < len(ids):
        kept = set(places)
        bad = (it for n, it in enumerate(ids) if n not in kept)
        scan.bad_ids += islice(bad, LISTED - len(scan.bad_ids))
    return places, normalize(matrix[good])


@dataclass
class Comparison:
    """Stored vectors beside those that the model gives now; `fresh` are these, by id."""

    compared: int = 0
    least: float | None = None
    foreign: list[Id] = field(default_factory=list)
    fresh: dict[Id, Floats] = field(default_factory=dict)

    def add(self, other: "Comparison") -> None:
        """Add another one."""
        found = [it for it in (self.least, other.least) if it is not None]
        self.compared += other.compared
        self.least = min(found, default=None)
        self.foreign += other.foreign
        self.fresh |= other.fresh


def embed_anew(embedder: ChunkEmbedder, rows: Iterable[Row], index: Index) -> Comparison:
    """Embed the texts of rows, and compare the vectors with those that the index has of them."""
    found, left = Comparison(), iter({str(row.id): row for row in rows}.values())
    while some := list(islice(left, AT_ONCE)):
        stored = {str(key): it for key, it in index.read([row.id for row in some]).items()}
        made = embedder.embed([row.text for row in some])
        for place, row in enumerate(some):
            vector = stored.get(str(row.id))
            if place not in made.refused and vector is not None:
                _compare(found, row.id, vector, np.array(made.vectors[place]))
    return found


def _compare(found: Comparison, row_id: Id, stored: Floats, fresh: Floats) -> None:
    cosine = -1.0
    if stored.shape == fresh.shape and np.isfinite(stored).all():
        cosine = float(normalize(stored.astype(np.float64)) @ normalize(fresh.astype(np.float64)))
    found.compared += 1
    found.least = cosine if found.least is None else min(found.least, cosine)
    found.fresh[row_id] = fresh
    if cosine < MIN_COSINE:
        found.foreign.append(row_id)


def find_middle(vectors: Mapping[Id, Floats]) -> Floats | None:
    """Return the mean direction of vectors; `None` without any."""
    if not vectors:
        return None
    middle: Floats = normalize(np.mean([normalize(it) for it in vectors.values()], axis=0))
    return middle


def describe_vectors(scan: Scan, anew: Comparison) -> Vectors:
    """Return the figures."""
    return Vectors(
        stored=scan.stored, dimensions=scan.dimensions, twice=scan.ids.repeated,
        wrong_length=scan.wrong_length, not_finite=scan.not_finite, zero=scan.zero,
        bad_ids=scan.bad_ids, sample=anew.compared, foreign=len(anew.foreign),
        foreign_ids=anew.foreign[:LISTED], least_cosine=anew.least,
    )  # fmt: skip
