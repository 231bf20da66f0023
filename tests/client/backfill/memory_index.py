"""A store in memory that can be read and searched, too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from baseten_tei_client.backfill import Index
from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import Vectors, stack_vectors
from baseten_tei_client.backfill._sinks.nearest import find_nearest
from baseten_tei_client.results import Floats
from tests.client.backfill.test_resuming import MemorySink


@dataclass
class MemoryIndex(MemorySink):
    """Has the methods of both protocols."""

    def look(self) -> str | None:
        return self.note

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        for at in range(0, len(self.kept), 50):
            ids, vectors = zip(*self.kept[at : at + 50], strict=True)
            yield list(ids), stack_vectors(vectors)

    def read(self, ids: Sequence[Id]) -> Mapping[Id, Floats]:
        return {key: it for key, it in self.kept if key in ids}

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        return find_nearest(vectors, k, self.scan())


_: Index = MemoryIndex()  # mypy: it has all of it
