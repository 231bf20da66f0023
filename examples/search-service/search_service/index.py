"""Documents, their vectors and the space that those are of, in one SQLite file with sqlite-vec.

A file comes into place whole, its space never changes, and documents change with their vectors in one transaction.
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
"""A search waits so long for an `index` that is writing, and the other way round."""
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
    """A document, and the cosine of its vector and the query's."""

    document: Document
    similarity: float


class Index:
    """One open index. Not for several threads at once."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection, self.path = connection, path

    @classmethod
    def open(cls, path: Path) -> Index:
        """The index in a file. Raises `ServiceError` where there is none."""
        index = cls(_connect(path, apsw.SQLITE_OPEN_READWRITE), path)
        try:
            index.space  # noqa: B018  # a file of something else is found now, not at the first search
        except apsw.Error as error:
            raise ServiceError(
                f"{path} is no index of this service ({error}): give another --index"
            ) from error
        return index

    @classmethod
    @contextmanager
    def make(cls, path: Path, space: Space, dimensions: int) -> Iterator[Index]:
        """A new index, which takes the place of the file when all went well; whoever has that open keeps it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_name(f"{path.name}.making-{os.getpid()}")
        index = cls(_connect(making, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE), path)
        try:
            index._connection.execute(_TABLES.format(dimensions=int(dimensions)))
            told = json.dumps(space.as_mapping(), ensure_ascii=False)
            index._connection.execute("INSERT INTO made_with VALUES (?)", (told,))
            yield index
            index.close()
            making.replace(path)
        finally:
            index.close()
            making.unlink(missing_ok=True)

    @property
    def space(self) -> Space:
        """What its vectors are of."""
        return Space.of(json.loads(self._connection.execute("SELECT space FROM made_with").get))

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM documents").get)

    def documents(self) -> dict[str, Document]:
        """All of them, by id."""
        rows = self._connection.execute("SELECT document FROM documents")
        found = (Document.model_validate_json(told) for (told,) in rows)
        return {document.id: document for document in found}

    def write(
        self, documents: Iterable[Document], vectors: Floats, gone: Iterable[str] = ()
    ) -> None:
        """Put documents in, in place of those with the same ids, and take those out that are gone. All or nothing."""
        with self._connection:
            for id_ in gone:
                self._remove(id_)
            for document, vector in zip(documents, vectors, strict=True):
                self._remove(document.id)
                self._put(document, vector)

    def nearest(self, vector: Floats, count: int) -> list[Near]:
        """The documents whose vectors are nearest, nearest first."""
        rows = self._connection.execute(_NEAREST, (vector.tobytes(), count))
        return [Near(Document.model_validate_json(told), similarity) for told, similarity in rows]

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
            f"there is no index at {path}: type `python -m search_service index`"
        ) from error
    connection.set_busy_timeout(BUSY_SECONDS * 1000)
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    connection.enable_load_extension(False)
    return connection
