"""An index that `baseten-tei backfill` fills, as a SQLite file with sqlite-vec: its ids, and its vectors in memory."""

import json
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import sqlite_vec

from baseten_tei_client import Space

TABLE = "documents"
"""As examples/search-service calls it."""
BUSY_MILLISECONDS = 10_000


def _open(path: Path) -> apsw.Connection:
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    database.set_busy_timeout(BUSY_MILLISECONDS)
    database.enable_load_extension(True)
    database.load_extension(sqlite_vec.loadable_path())
    return database


def read_ids(path: Path) -> list[str]:
    """Return the ids in an index, which may be filled meanwhile, or not be there yet."""
    if not path.exists():
        return []
    database = _open(path)
    try:
        return [row[0] for row in database.execute(f"SELECT id FROM {TABLE}")]  # noqa: S608  # a constant
    except apsw.SQLError:  # the file is there, and its table is not yet
        return []
    finally:
        database.close()


class LoadedIndex:
    """The vectors of an index in memory: their nearest neighbours are found exactly."""

    def __init__(self, path: Path) -> None:
        database = _open(path)
        note = "SELECT space FROM baseten_tei_space WHERE name = ?"
        self.space = Space.of(json.loads(database.execute(note, (TABLE,)).get))
        rows = list(database.execute(f"SELECT id, embedding FROM {TABLE}"))  # noqa: S608  # a constant
        database.close()
        self._ids = [row[0] for row in rows]
        vectors = np.frombuffer(b"".join(row[1] for row in rows), np.float32)
        self._vectors = vectors.reshape(len(rows), -1)

    def find_nearest(self, vectors: Any) -> list[str]:
        """Return the id of the nearest row to each vector."""
        return [self._ids[place] for place in (self._vectors @ vectors.T).argmax(axis=0)]
