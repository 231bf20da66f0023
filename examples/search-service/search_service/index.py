"""Keeps documents, their vectors and the embedding space in one SQLite file with sqlite-vec.

A file is replaced as a whole, its space never changes, and documents change with their vectors in one transaction.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
import sqlite_vec  # type: ignore[import-untyped]  # ships no types

from baseten_tei_client import Space
from baseten_tei_client.results import Floats
from search_service.documents import Document
from search_service.errors import ServiceError

BUSY_SECONDS = 10
"""How long a search waits for an `index` that is writing, and the other way round."""
_TABLES = """
CREATE TABLE made_with (space TEXT NOT NULL);
CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
CREATE VIRTUAL TABLE vectors USING vec0(vector FLOAT[{dimensions}] DISTANCE_METRIC=cosine);
"""
_NEAREST = """
SELECT document, 1 - distance FROM (SELECT rowid, distance FROM vectors WHERE vector MATCH ? AND k = ?) AS near
JOIN documents ON number = near.rowid ORDER BY distance, number
"""


@dataclass(frozen=True)
class Near:
    """A document and the cosine of its vector and the query's."""

    document: Document
    similarity: float


class Index:
    """One open index. Not for several threads at once."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection, self.path = connection, path

    @classmethod
    def open(cls, path: Path) -> Index:
        """Return the index in a file. Raises `ServiceError` if there is none."""
        index = cls(_connect(path, apsw.SQLITE_OPEN_READWRITE), path)
        try:
            index.space  # noqa: B018  # fails now, not at the first search
        except apsw.Error as error:
            raise ServiceError(
                f"{path} is not an index of this service ({error}): give another --index"
            ) from error
        return index

    @classmethod
    @contextmanager
    def make(cls, path: Path, space: Space, dimensions: int) -> Iterator[Index]:
        """Make a new index, which replaces the file at the end; who has the old one open keeps it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_name(f"{path.name}.making-{os.getpid()}")
        index = cls(_connect(making, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE), path)
        try:
            index._connection.execute(_TABLES.format(dimensions=int(dimensions)))
            text = json.dumps(space.as_mapping(), ensure_ascii=False)
            index._connection.execute("INSERT INTO made_with VALUES (?)", (text,))
            yield index
            index.close()
            making.replace(path)
        finally:
            index.close()
            making.unlink(missing_ok=True)

    @property
    def space(self) -> Space:
        """Return the embedding space of its vectors."""
        return Space.of(json.loads(self._connection.execute("SELECT space FROM made_with").get))

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM documents").get)

    def documents(self) -> dict[str, Document]:
        """Return all documents by id."""
        rows = self._connection.execute("SELECT document FROM documents")
        documents = (Document.model_validate_json(text) for (text,) in rows)
        return {document.id: document for document in documents}

    def write(
        self, documents: Iterable[Document], vectors: Floats, gone: Iterable[str] = ()
    ) -> None:
        """Add or replace documents by id, and remove those that are gone, in one transaction."""
        with self._connection:
            for id_ in gone:
                self._remove(id_)
            for document, vector in zip(documents, vectors, strict=True):
                self._remove(document.id)
                self._put(document, vector)

    def nearest(self, vector: Floats, count: int) -> list[Near]:
        """Return the documents with the nearest vectors, nearest first."""
        rows = self._connection.execute(_NEAREST, (vector.tobytes(), count))
        return [Near(Document.model_validate_json(text), similarity) for text, similarity in rows]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _remove(self, id_: str) -> None:
        number = self._connection.execute(
            "DELETE FROM documents WHERE id = ? RETURNING number", (id_,)
        ).get
        self._connection.execute("DELETE FROM vectors WHERE rowid = ?", (number,))

    def _put(self, document: Document, vector: Floats) -> None:
        self._connection.execute(
            "INSERT INTO documents (id, document) VALUES (?, ?)",
            (document.id, document.model_dump_json()),
        )
        number = self._connection.last_insert_rowid()
        self._connection.execute(
            "INSERT INTO vectors (rowid, vector) VALUES (?, ?)", (number, vector.tobytes())
        )


def _connect(path: Path, flags: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.CantOpenError as error:
        raise ServiceError(
            f"there is no index at {path}: run `python -m search_service index`"
        ) from error
    connection.set_busy_timeout(BUSY_SECONDS * 1000)
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    connection.enable_load_extension(False)
    return connection
