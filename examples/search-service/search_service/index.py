"""Keeps documents, their vectors and the embedding space in one SQLite file, as `baseten-tei backfill` fills it.

A file is replaced as a whole, its space never changes, and documents change with their vectors in one transaction.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
import sqlite_vec  # type: ignore[import-untyped]  # ships no types

from baseten_tei_client import Space
from baseten_tei_client.results import Floats
from search_service.documents import Document
from search_service.errors import ServiceError

TABLE = "documents"
"""Its name for a backfill: `--to sqlite-vec:FILE/documents`."""
BUSY_SECONDS = 10
"""How long a search waits for an `index` that is writing, and the other way round."""
_TABLES = """
CREATE TABLE baseten_tei_space (name TEXT PRIMARY KEY, space TEXT NOT NULL);
CREATE VIRTUAL TABLE documents USING vec0(
  id text primary key, embedding float[{dimensions}] distance_metric=cosine, +payload text
);
"""
_SPACE = "SELECT space FROM baseten_tei_space WHERE name = 'documents'"
_NEAREST = "SELECT id, payload, 1 - distance FROM documents WHERE embedding MATCH ? AND k = ? ORDER BY distance"


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
        except (apsw.Error, TypeError) as error:
            index.close()
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
            index._connection.execute("INSERT INTO baseten_tei_space VALUES (?, ?)", (TABLE, text))
            yield index
            index.close()
            making.replace(path)
        finally:
            index.close()
            making.unlink(missing_ok=True)

    @property
    def space(self) -> Space:
        """Return the embedding space of its vectors."""
        return Space.of(json.loads(self._connection.execute(_SPACE).get))

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM documents").get)

    def documents(self) -> dict[str, Document]:
        """Return all documents by id."""
        rows = self._connection.execute("SELECT id, payload FROM documents")
        return {id_: Document.of(id_, payload) for id_, payload in rows}

    def write(
        self, documents: Sequence[Document], vectors: Floats, gone: Iterable[str] = ()
    ) -> None:
        """Add or replace documents by id, and remove those that are gone, in one transaction."""
        rows = [
            (document.id, vector.tobytes(), json.dumps(document.payload))
            for document, vector in zip(documents, vectors, strict=True)
        ]
        removed = [(id_,) for id_ in (*gone, *(it.id for it in documents))]
        with self._connection:
            self._connection.executemany("DELETE FROM documents WHERE id = ?", removed)
            self._connection.executemany(
                "INSERT INTO documents (id, embedding, payload) VALUES (?, ?, ?)", rows
            )

    def nearest(self, vector: Floats, count: int) -> list[Near]:
        """Return the documents with the nearest vectors, nearest first."""
        rows = self._connection.execute(_NEAREST, (vector.tobytes(), count))
        return [Near(Document.of(id_, payload), similarity) for id_, payload, similarity in rows]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def look_at(path: Path) -> tuple[Space, int] | None:
    """Return the space of an index, which may be filled meanwhile, and its documents; `None` where there is none."""
    try:
        with closing(Index.open(path)) as index:
            return index.space, len(index)
    except ServiceError:
        return None


def switch(searched: Path, following: Path) -> None:
    """Let the following index be searched, and keep the one that was in its place, for the way back.

    A service that runs notices it. Raises `ServiceError` if the following index lacks documents.
    """
    with closing(Index.open(searched)) as old, closing(Index.open(following)) as new:
        wanted = old.documents().keys()
        missing = len(wanted - new.documents().keys())
    if missing:
        raise ServiceError(
            f"{following} lacks {missing} of the {len(wanted)} documents of {searched}: run "
            f"`python -m search_service index --index {following}` with all documents first"
        )
    kept = searched.with_name(f"{searched.name}.kept")
    kept.unlink(missing_ok=True)
    kept.hardlink_to(searched)  # so that there is an index under its name at each moment
    following.replace(searched)
    kept.replace(following)


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
