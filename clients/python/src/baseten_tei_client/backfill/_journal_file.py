"""The SQLite file of a journal: its tables, its lock, its transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baseten_tei_client.errors import UsageError

_TABLES = """
CREATE TABLE IF NOT EXISTS job (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
  number INTEGER PRIMARY KEY, digest TEXT NOT NULL, state TEXT NOT NULL, rows INTEGER NOT NULL,
  present INTEGER NOT NULL, refused INTEGER NOT NULL, repeated INTEGER NOT NULL, tokens INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS findings (
  chunk INTEGER NOT NULL, row INTEGER NOT NULL, what TEXT NOT NULL, id TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (chunk, row, what)
) WITHOUT ROWID;
"""


def open_locked(where: Path) -> sqlite3.Connection:
    """Open the file, made if it is not there. Raises `UsageError` if another process has it."""
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        return _open(where)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise UsageError(f"{where}: another backfill is at work with this journal") from error
        raise UsageError(f"{where}: the journal cannot be opened: {error}") from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise UsageError(f"{where} cannot be a journal: {error}; name another") from error


def _open(where: Path) -> sqlite3.Connection:
    database = sqlite3.connect(where, timeout=0, isolation_level=None)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("BEGIN EXCLUSIVE")
    database.execute("COMMIT")  # the lock stays until the file is closed, or its process ends
    database.executescript(_TABLES)
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Do all of what is done in a `with`, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:  # a full disk has ended it already
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


@contextmanager
def explained(where: Path) -> Iterator[None]:
    """Turn what SQLite raises into one line."""
    try:
        yield
    except sqlite3.Error as error:
        raise UsageError(
            f"{where}: the journal cannot be written: {error}; when it can be, the same backfill goes on"
        ) from error
