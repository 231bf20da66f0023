"""Qdrant: points of a collection, whose metadata note the space."""

import os
import sqlite3
import uuid
from collections.abc import Sequence
from typing import Any, Self

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, first_line, missing_extra
from baseten_tei_client.backfill._rows import Batch, Id, Row
from baseten_tei_client.backfill._sinks import split_name
from baseten_tei_client.backfill._sinks.ids import Ids
from baseten_tei_client.backfill._sinks.payloads import as_json, check_payload
from baseten_tei_client.backfill._sinks.sink import (
    NOTE,
    check_dimensions,
    check_noted_space,
    dimensions_of,
    dump_space,
)
from baseten_tei_client.errors import TeiClientError, UsageError

try:
    from qdrant_client import QdrantClient, models
    from qdrant_client.http.exceptions import ApiException
except ImportError as error:
    raise missing_extra("Qdrant", "qdrant") from error

_FORM = "qdrant:http://HOST:6333/COLLECTION or qdrant:FOLDER/COLLECTION"
_SPACE_OF_IDS = uuid.UUID("b6a7f0de-7c5e-4c3e-9a53-6f4d2f0a7f11")


class QdrantSink:
    """A collection. Ids that Qdrant does not take (texts but UUIDs) become UUIDs, and are the payload's `id`."""

    def __init__(self, collection: str, name: str, **client: Any) -> None:
        self._collection, self._name, self._how = collection, name, client
        self._client: Any = None
        self._ids = Ids(False, name)

    @classmethod
    def at(cls, rest: str) -> Self:
        """Return the sink of a server's URL or a folder, with the collection's name behind it."""
        place, collection = split_name(rest, _FORM)
        if place.endswith(":/"):
            raise UsageError(f"{rest!r:.200} does not name a collection: {_FORM}")
        server = {"url": place, "api_key": os.environ.get("QDRANT_API_KEY")}
        how = server if "://" in place else {"path": place}
        return cls(collection, f"qdrant:{rest}", **how)

    @property
    def name(self) -> str:
        """Return server or folder, and collection."""
        return self._name

    def open(self, space: Space, example: Row) -> None:
        """Make the collection if it is not there, and note the space with it."""
        check_payload(example, self._name, ["id"])
        try:
            self._client = QdrantClient(**self._how)
            if not self._client.collection_exists(self._collection):
                size = dimensions_of(space)
                vectors = models.VectorParams(size=size, distance=models.Distance.COSINE)
                self._client.create_collection(
                    self._collection, vectors_config=vectors, metadata={NOTE: dump_space(space)}
                )
            there = self._client.get_collection(self._collection).config
            self._check(there.params.vectors, space)
            some = self._learn_ids(isinstance(example.id, int))
            note = (there.metadata or {}).get(NOTE)
            check_noted_space(self._name, note, some, space)
            if note is None:
                self._client.update_collection(self._collection, metadata={NOTE: dump_space(space)})
        except TeiClientError:
            raise
        except _ERRORS as error:
            raise self._failed(error) from error

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which are points of the collection."""
        points = {point_id(self._ids.convert(it)): it for it in ids}
        try:
            found = self._client.retrieve(
                self._collection, list(points), with_payload=False, with_vectors=False
            )
        except _ERRORS as error:
            raise self._failed(error) from error
        return {points[it.id] for it in found}

    def write(self, batch: Batch) -> None:
        """Write the points, and wait until they are stored."""
        ids = [self._ids.convert(it) for it in batch.ids]
        points = models.Batch(
            ids=[point_id(it) for it in ids],
            vectors=batch.vectors.tolist(),
            payloads=[_payload(*it) for it in zip(ids, batch.rows, strict=True)],
        )
        try:
            self._client.upsert(self._collection, points, wait=True)
        except _ERRORS as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Do nothing: Qdrant makes its index by itself."""

    def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            self._client.close()

    def _learn_ids(self, are_numbers: bool) -> bool:
        """Learn what ids are from a point, or take those of the source, and return whether there is a point."""
        points, _ = self._client.scroll(self._collection, limit=1)
        for it in points:
            are_numbers = isinstance((it.payload or {}).get("id", it.id), int)
        self._ids = Ids(are_numbers, self._name)
        return bool(points)

    def _check(self, vectors: Any, space: Space) -> None:
        if not isinstance(vectors, models.VectorParams):
            raise UsageError(
                f"{self._name} has vectors with names, or none: name a collection of one unnamed vector a point, or a "
                "new one"
            )
        check_dimensions(self._name, vectors.size, space)

    def _failed(self, error: Exception) -> SinkError:
        return SinkError(f"{self._name}: {type(error).__name__}: {first_line(error)}")


_ERRORS = (ApiException, RuntimeError, ValueError, AssertionError, OSError, sqlite3.Error)
"""What the client raises: of a server, and of a folder."""


def point_id(row_id: Id) -> Id:
    """Return a row's id as Qdrant takes it: a number from 0, or a UUID, of which other texts get one each."""
    if isinstance(row_id, int) and row_id >= 0:
        return row_id
    try:
        return str(uuid.UUID(str(row_id)))
    except ValueError:
        return str(uuid.uuid5(_SPACE_OF_IDS, str(row_id)))


def _payload(row_id: Id, row: Row) -> dict[str, Any]:
    own = {} if point_id(row_id) == row_id else {"id": row_id}
    return {**own, **as_json(row.payload)}
