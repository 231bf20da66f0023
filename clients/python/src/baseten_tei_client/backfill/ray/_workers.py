"""The actors: each has its part of the permits, and one that takes a dead one's place waits for its requests to end."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from baseten_tei_client.backfill._embedder import ChunkEmbedder, Embedded
from baseten_tei_client.backfill._errors import missing_extra
from baseten_tei_client.backfill._rows import Columns
from baseten_tei_client.backfill._sinks.parts import Parts
from baseten_tei_client.backfill._sinks.sink import dimensions_of
from baseten_tei_client.backfill._storage import File
from baseten_tei_client.backfill._units import Unit, name_part, wait_seconds
from baseten_tei_client.backfill.ray._served import Served
from baseten_tei_client.errors import TeiClientError

try:
    import pyarrow as pa
    import ray.data
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    from baseten_tei_client.backfill.ray._parts import (
        Part,
        as_array,
        make_part,
        read_part,
        read_rows,
    )
except ImportError as error:
    raise missing_extra("Ray Data", "ray") from error

REMEMBERED = 5_000
"""Texts whose vectors an actor keeps, for rows that have the same text."""
AHEAD = 2
"""Chunks that an actor embeds at the same time."""
T = TypeVar("T")
R = TypeVar("R")


class _Births:
    """Counts the actors of a job; an actor itself, on the node of the driver."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> int:
        """Return 1 to the first that asks, 2 to the second."""
        self._count += 1
        return self._count


@dataclass(frozen=True)
class Crew:
    """What all actors of a job have in common."""

    served: Served
    actors: int
    births: Any

    @classmethod
    def of(cls, served: Served, actors: int) -> "Crew":
        """Return a new one; Ray has to be initialized."""
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        births: Any = ray.remote(num_cpus=0, scheduling_strategy=here)(_Births)
        return cls(served, actors, births.remote())

    def options(self, num_cpus: float) -> dict[str, Any]:
        """Return the arguments of `map_batches` for as many actors."""
        size = ray.data.ActorPoolStrategy(size=self.actors)
        return {"compute": size, "batch_format": "pyarrow", "num_cpus": num_cpus}

    def join(self) -> ChunkEmbedder:
        """Return an embedder within the share of one actor, after waiting where it takes a dead one's place."""
        birth = ray.get(self.births.next.remote())
        time.sleep(wait_seconds(birth, self.actors, self.served.request_timeout))
        return self.served.embedder(self.served.connect(), REMEMBERED)


class EmbedRows:
    """An actor of `map_batches` that adds `vector`, `truncated` and `refused` to rows; see `share_model`.

    `truncated` is how many tokens a text had that was cut, and null for others. `vector` is null where a text was
    refused, and `refused` says why.
    """

    def __init__(self, crew: Crew, text: str) -> None:
        self._embedder, self._text = crew.join(), text

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Return the rows with the three columns."""
        found = self._embedder.embed(rows.column(self._text).to_pylist())
        kind = pa.list_(pa.float32(), dimensions_of(self._embedder.space))
        cut = {n: it.tokens for n, it in found.cut.items()}
        places = range(len(rows))
        columns = {
            "vector": as_array(found.vectors, kind, [n in found.refused for n in places]),
            "truncated": pa.array([cut.get(n) for n in places], pa.int64()),
            "refused": pa.array([found.refused.get(n) for n in places], pa.string()),
        }
        for name, values in columns.items():
            rows = rows.append_column(name, values)
        return rows


@dataclass(frozen=True)
class Task:
    """What is read and written."""

    files: Sequence[File]
    columns: Columns
    parts: Parts
    schema: Any
    chunk: int


class FillParts:
    """An actor of `map_batches` that writes the parts of units; its rows tell what each unit came to.

    An error is a row, too: it arrives as one line, and Ray does not try again what cannot succeed.
    """

    def __init__(self, crew: Crew, task: Task) -> None:
        self._crew, self._task, self._space = crew, task, crew.served.space
        self._embedder: ChunkEmbedder | None = None

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Return a row for each unit."""
        told = [self._tell(Unit(**it)) for it in rows.to_pylist()]
        return pa.table({"told": pa.array([json.dumps(it) for it in told], pa.string())})

    def _tell(self, unit: Unit) -> Mapping[str, Any]:
        try:
            if self._embedder is None:
                self._embedder = self._crew.join()
            parts = self._fill(unit, self._embedder)
        except TeiClientError as error:
            return {"error": str(error), "kind": type(error).__name__}
        return {
            "rows": int(unit.mask().sum()),
            "written": sum(it.written for it in parts),
            "tokens": sum(it.tokens for it in parts),
            "findings": [finding for it in parts for finding in it.findings],
        }

    def _fill(self, unit: Unit, embedder: ChunkEmbedder) -> list[Part]:
        task, mask = self._task, unit.mask()
        tables = read_rows(task.files[unit.file], task.columns, unit.first, unit.count, task.chunk)
        starts = range(0, unit.count, task.chunk)
        chunks = (
            (table, start, np.flatnonzero(mask[start : start + len(table)]))
            for start, table in zip(starts, tables, strict=False)
        )
        wanted = (it for it in chunks if len(it[2]))
        return list(
            map_ahead(
                lambda it: self._fill_chunk(unit, unit.first + it[1], it[2], it[0], embedder),
                wanted,
                AHEAD,
            )
        )

    def _fill_chunk(
        self, unit: Unit, first: int, places: Any, table: pa.Table, embedder: ChunkEmbedder
    ) -> Part:
        """Write the part of a chunk, unless one that died has, and return what it came to."""
        task, rows = self._task, table.take(places)
        ids = rows.column(task.columns.id).to_pylist()
        name = name_part(ids)
        if (there := task.parts.find(name)) is not None:
            return read_part(there)
        embedded = embedder.embed(rows.column(task.columns.text).to_pylist())
        file = str(task.files[unit.file])
        where = [
            {"id": it, "file": file, "row": first + int(n)}
            for it, n in zip(ids, places, strict=True)
        ]
        found = [*find_findings(embedded, where)]
        part = Part(len(rows) - len(embedded.refused), embedded.tokens, found)
        made = make_part(rows, embedded, task.columns, task.schema, self._space, part)
        task.parts.write(name, made)
        return part


def find_findings(
    embedded: Embedded, where: Sequence[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Yield a line of the report for each text that was cut or refused."""
    for n, place in enumerate(where):
        if reason := embedded.refused.get(n):
            yield {**place, "what": "refused", "reason": reason}
        elif cut := embedded.cut.get(n):
            yield {**place, "what": "truncated", "tokens": cut.tokens, "limit": cut.limit}


def map_ahead(work: Callable[[T], R], items: Iterable[T], ahead: int) -> Iterator[R]:
    """Yield the results in order; so many items are taken and worked on at a time."""
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(ahead, "chunk") as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
