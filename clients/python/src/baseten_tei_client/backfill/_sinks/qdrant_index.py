"""Qdrant, read and searched."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from qdrant_client import QdrantClient, models

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import Vectors, as_vector, stack_vectors
from baseten_tei_client.backfill._sinks.qdrant_sink import (
    _ERRORS,
    QdrantSink,
    point_id,
)
from baseten_tei_client.backfill._sinks.sink import NOTE
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats

BATCH = 512
"""Points of one answer of the server."""


class QdrantIndex(QdrantSink):
    """A collection with one vector a point."""

    def look(self) -> str | None:
        """Connect, and return the note of the collection."""
        folder = self._how.get("path")
        if folder is not None and not Path(folder).is_dir():
            raise UsageError(f"{self._name}: the folder is not there")
        try:
            self._client = QdrantClient(**self._how)
            is_there = self._client.collection_exists(self._collection)
            config = is_there and self._client.get_collection(self._collection).config
            if config:
                self._learn_ids(False)
        except _ERRORS as error:
            raise self._failed(error) from error
        if not config:
            raise UsageError(f"{self._name}: the collection is not there")
        if not isinstance(config.params.vectors, models.VectorParams):
            raise UsageError(f"{self._name}: its points have named vectors, which are not read")
        note: str | None = (config.metadata or {}).get(NOTE)
        return note

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        """Yield all points."""
        at: Any = None
        while True:
            try:
                points, at = self._client.scroll(
                    self._collection, limit=BATCH, offset=at, with_payload=["id"], with_vectors=True
                )
            except _ERRORS as error:
                raise self._failed(error) from error
            yield (
                [_row_id(it) for it in points],
                stack_vectors([as_vector(it.vector) for it in points]),
            )
            if at is None:
                return

    def read(self, ids: Sequence[Id]) -> Mapping[Id, Floats]:
        """Return the vectors of points by the ids of their rows."""
        points = {point_id(self._ids.convert(it)): it for it in ids}
        try:
            found = self._client.retrieve(
                self._collection, list(points), with_payload=False, with_vectors=True
            )
        except _ERRORS as error:
            raise self._failed(error) from error
        return {points[it.id]: as_vector(it.vector) for it in found}

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        """Return the nearest points of each, by the ids of their rows."""
        found = []
        try:
            for vector in vectors:
                near = self._client.query_points(
                    self._collection, query=vector.tolist(), limit=k, with_payload=["id"]
                )
                found.append([_row_id(it) for it in near.points])
        except _ERRORS as error:
            raise self._failed(error) from error
        return found


def _row_id(point: Any) -> Id:
    """Return the id of a point's row: the payload's, where the point's own was made from it."""
    own = (point.payload or {}).get("id")
    if isinstance(own, (str, int)) and point_id(own) == point.id:
        return own
    found: Id = point.id
    return found
