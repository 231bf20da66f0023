"""The journal of a backfill: what each chunk came to, in a SQLite file that one process at a time holds.

A chunk is noted as begun, with what was found in it, before its rows are written, and as done after that. What dies
in between finds out from the sink which rows it has.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from baseten_tei_client.backfill._journal_file import explained, open_locked, transaction
from baseten_tei_client.backfill._rows import Chunk, Finding


@dataclass(frozen=True)
class Totals:
    """Rows of a job's chunks so far: all, there before, refused, repeated within a chunk; and tokens computed."""

    rows: int = 0
    present: int = 0
    refused: int = 0
    repeated: int = 0
    tokens: int = 0

    @property
    def written(self) -> int:
        """Return the rows that the job wrote."""
        return self.rows - self.present - self.refused - self.repeated


class Journal:
    """An open journal."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path, self._database = path, database

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Return the journal in this file, made if it is not there. Raises `UsageError` if another process has it."""
        return cls(Path(path), open_locked(Path(path)))

    def begin_job(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """Begin a job, or go on with it, and return what it was first told. A finished job begins another pass."""
        known = dict(self._run("SELECT key, value FROM job"))
        with self._transaction():
            if known.pop("finished", None):
                self._database.execute("UPDATE chunks SET state = 'old'")
                self._database.execute("DELETE FROM job WHERE key = 'finished'")
            if not known:
                values = [(key, json.dumps(value)) for key, value in told.items()]
                self._database.executemany("INSERT INTO job VALUES (?, ?)", values)
        return {key: json.loads(value) for key, value in known.items()} or told

    def rows_written(self, chunk: Chunk) -> int | None:
        """Return how many of this very chunk's rows the sink has since this pass; `None` if it is not done."""
        found = self._run(
            "SELECT rows - refused - repeated FROM chunks WHERE number = ? AND digest = ? AND state = 'done'",
            (chunk.number, chunk.digest),
        ).fetchone()
        return int(found[0]) if found else None

    def begin(
        self, chunk: Chunk, present: int, looked_at: Iterable[int], findings: Iterable[Finding],
        tokens: int,
    ) -> None:  # fmt: skip
        """Note what was found in a chunk, before it is written; `looked_at`: the places of the rows now embedded.

        A chunk that was begun before keeps how many rows were there then, since some of them are its own.
        """
        found = list(findings)
        was = self._state(chunk)
        with self._transaction():
            self._forget(chunk.number, None if was is None else looked_at)
            if was == "begun":
                self._database.execute(
                    "UPDATE chunks SET tokens = tokens + ? WHERE number = ?", (tokens, chunk.number)
                )
            else:
                self._replace(chunk, present, found, tokens)
            self._note(chunk.number, found)

    def finish(self, chunk: Chunk) -> None:
        """Note that a chunk is written."""
        self._run("UPDATE chunks SET state = 'done' WHERE number = ?", (chunk.number,))

    def finish_job(self, chunks: int) -> None:
        """Note that all of so many chunks are written, and forget those of a longer source."""
        with self._transaction():
            for table, key in (("chunks", "number"), ("findings", "chunk")):
                self._database.execute(f"DELETE FROM {table} WHERE {key} >= ?", (chunks,))  # noqa: S608  # two names
            self._database.execute("INSERT OR REPLACE INTO job VALUES ('finished', 'true')")

    def totals(self) -> Totals:
        """Return the sums over the chunks of this pass."""
        row = self._run(
            "SELECT sum(rows), sum(present), sum(refused), sum(repeated), sum(tokens) FROM chunks"
            " WHERE state = 'done'"
        ).fetchone()
        return Totals(*(it or 0 for it in row))

    def findings(self) -> Iterator[Finding]:
        """Yield what was found of single rows, in the order of the source."""
        for row, name, what, detail in self._run(
            "SELECT row, id, what, detail FROM findings ORDER BY chunk, row"
        ):
            yield Finding(row, json.loads(name), what, json.loads(detail))

    def close(self) -> None:
        """Close the file, so that another process may open it."""
        self._database.close()

    def _run(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        with explained(self.path):
            return self._database.execute(query, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained(self.path), transaction(self._database):
            yield

    def _state(self, chunk: Chunk) -> str | None:
        found = self._run(
            "SELECT digest, state FROM chunks WHERE number = ?", (chunk.number,)
        ).fetchone()
        return str(found[1]) if found and found[0] == chunk.digest else None

    def _replace(self, chunk: Chunk, present: int, found: list[Finding], tokens: int) -> None:
        refused = sum(it.what == "refused" for it in found)
        repeated = sum(it.what == "repeated" for it in found)
        values = (chunk.number, chunk.digest, len(chunk.rows), present, refused, repeated, tokens)
        self._database.execute(
            "INSERT OR REPLACE INTO chunks VALUES (?, ?, 'begun', ?, ?, ?, ?, ?)", values
        )

    def _forget(self, chunk: int, rows: Iterable[int] | None) -> None:
        """Forget what was found of these rows of a chunk, or of all."""
        if rows is None:
            self._database.execute("DELETE FROM findings WHERE chunk = ?", (chunk,))
        else:
            self._database.executemany(
                "DELETE FROM findings WHERE chunk = ? AND row = ?", ((chunk, it) for it in rows)
            )

    def _note(self, chunk: int, found: list[Finding]) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?)",
            (
                (chunk, it.row, it.what, json.dumps(it.id), json.dumps(dict(it.detail)))
                for it in found
            ),
        )
