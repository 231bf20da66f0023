"""The emulator's memory: records in one SQLite table, so that a restart loses nothing.

Each request is one transaction: what a handler wrote is kept when it answers and discarded when it raises. The file
and its folder are readable by their owner only.
"""

import json
import sqlite3
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

_TABLES = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT, id TEXT, owner TEXT, body TEXT, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS records_by_owner ON records (kind, owner);
CREATE TABLE IF NOT EXISTS blobs (id TEXT PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value REAL);
CREATE TABLE IF NOT EXISTS calls (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
"""


MAX_CALLS = 50_000


class StateError(Exception):
    """The state on disk cannot be used; one line says which file, why, and what to do."""


class Record(Protocol):
    """What the store keeps: a frozen dataclass of JSON values with these two fields."""

    @property
    def id(self) -> str:
        """Unique among records of its kind."""
        ...

    @property
    def owner(self) -> str:
        """What it belongs to."""
        ...


R = TypeVar("R", bound=Record)


class Store:
    """Records by kind and id. Safe to share between threads through `transaction`."""

    def __init__(self, database: str = ":memory:") -> None:
        self._lock = RLock()
        self._db = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)
        self._watches: dict[str, Callable[[Any], object]] = {}

    def watch(self, kind: type[R], look: Callable[[R], object]) -> None:
        """Let `look` see each record of a kind as it was, before it is changed or deleted."""
        self._watches[kind.__name__] = look

    @classmethod
    def in_folder(cls, folder: Path) -> "Store":
        """Return the store kept in `folder`/emulator.sqlite (folder 0700, file 0600). Raises StateError."""
        file = folder / "emulator.sqlite"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            store = cls(str(file))
            problem = store.find_problem()
        except (OSError, sqlite3.Error) as error:
            problem = str(error)
        if problem:
            raise StateError(
                f"the emulator's state {file} cannot be used ({problem}): move {folder} elsewhere and start again;"
                " `pulumi up --refresh` then pushes its models again"
            )
        return store

    def find_problem(self) -> str | None:
        """Return what is wrong with what is kept, as far as it shows at once; None where nothing is."""
        looks = {
            "a counter is not a number": (
                "SELECT 1 FROM counters WHERE typeof(value) NOT IN ('real', 'integer')"
                " OR abs(value) > 1e15 LIMIT 1"
            ),
            "a record is not a JSON object": (
                "SELECT 1 FROM records WHERE NOT json_valid(body) OR json_type(body) <> 'object' LIMIT 1"
            ),
        }
        broken = (what for what, query in looks.items() if self._db.execute(query).fetchone())
        return next(broken, None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all writes inside together, or none of them. Nests."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled back already
                    self._db.execute("ROLLBACK")
                raise

    def put(self, record: Record) -> None:
        """Remember `record`, in place of an older one of the same kind and id."""
        self._show(type(record), record.id)
        kind, body = type(record).__name__, json.dumps(vars(record), default=vars)
        self._db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET owner = excluded.owner, body = excluded.body",
            (kind, record.id, record.owner, body),
        )

    def get(self, kind: type[R], record_id: str | None) -> R | None:
        """Return the record with this id; None where there is none, or no id."""
        query = "SELECT body FROM records WHERE kind = ? AND id = ?"
        row = self._db.execute(query, (kind.__name__, record_id)).fetchone()
        return _revive(kind, json.loads(row[0])) if row else None

    def all(self, kind: type[R], owner: str | None = None) -> list[R]:
        """Return every record of a kind, or those of one owner, oldest first."""
        query = "SELECT body FROM records WHERE kind = ?"
        values = [kind.__name__]
        if owner is not None:
            query, values = query + " AND owner = ?", [*values, owner]
        rows = self._db.execute(query + " ORDER BY rowid", values).fetchall()
        return [_revive(kind, json.loads(row[0])) for row in rows]

    def count(self, kind: type[R], owner: str | None = None) -> int:
        """Return how many records of a kind there are, or belong to one owner."""
        query = "SELECT COUNT(*) FROM records WHERE kind = ? AND owner = coalesce(?, owner)"
        return int(self._db.execute(query, (kind.__name__, owner)).fetchone()[0])

    def delete(self, kind: type[R], record_id: str) -> None:
        """Forget one record; an unknown one is ignored."""
        self._show(kind, record_id)
        query = "DELETE FROM records WHERE kind = ? AND id = ?"
        self._db.execute(query, (kind.__name__, record_id))

    def delete_owned(self, kind: type[Record], owner: str) -> None:
        """Forget every record of a kind that belongs to `owner`."""
        for record in self.all(kind, owner) if kind.__name__ in self._watches else ():
            self._watches[kind.__name__](record)
        query = "DELETE FROM records WHERE kind = ? AND owner = ?"
        self._db.execute(query, (kind.__name__, owner))

    def _show(self, kind: type[R], record_id: str) -> None:
        """Show the record of this id to who watches its kind."""
        look = self._watches.get(kind.__name__)
        before = self.get(kind, record_id) if look else None
        if look and before:
            look(before)

    def put_blob(self, name: str, data: bytes) -> None:
        """Remember bytes under a name."""
        self._db.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?)", (name, data))

    def blob(self, name: str) -> bytes | None:
        """Return the bytes under a name, or None."""
        row = self._db.execute("SELECT data FROM blobs WHERE id = ?", (name,)).fetchone()
        return row[0] if row else None

    def delete_blob(self, name: str) -> None:
        """Forget the bytes under a name."""
        self._db.execute("DELETE FROM blobs WHERE id = ?", (name,))

    def counter(self, name: str, add: float = 0) -> float:
        """Return a number that survives restarts, after adding `add` to it."""
        if add:
            query = "INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + ?"
            self._db.execute(query, (name, add, add))
        row = self._db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        return float(row[0]) if row else 0.0

    def counters(self, prefix: str) -> dict[str, float]:
        """Return the counters whose names begin with `prefix`, by the rest of their names."""
        query = "SELECT name, value FROM counters WHERE name >= ? AND name < ?"
        rows = self._db.execute(query, (prefix, f"{prefix}{chr(0x10FFFF)}")).fetchall()
        return {name[len(prefix) :]: value for name, value in rows}

    def log_call(self, call: dict[str, Any]) -> None:
        """Append to the call log, which keeps the newest."""
        added = self._db.execute("INSERT INTO calls (body) VALUES (?)", (json.dumps(call),))
        self._db.execute("DELETE FROM calls WHERE seq <= ?", ((added.lastrowid or 0) - MAX_CALLS,))

    def calls(self) -> list[dict[str, Any]]:
        """Return the call log, oldest first; `seq` never repeats."""
        rows = self._db.execute("SELECT seq, body FROM calls ORDER BY seq").fetchall()
        return [{"seq": seq, **json.loads(body)} for seq, body in rows]

    def clear_calls(self) -> None:
        """Clear the call log."""
        self._db.execute("DELETE FROM calls")

    def reset(self) -> None:
        """Forget everything but the counters, so that no id is ever given twice."""
        for table in ("records", "blobs", "calls"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the three names above

    def close(self) -> None:
        """Close the file; nothing is lost without it, but its journal stays beside it."""
        with self._lock:
            self._db.close()


def _revive(kind: type[R], body: dict[str, Any]) -> R:
    hints = _hints(kind)
    try:
        return kind(**{name: _revive_value(hints[name], value) for name, value in body.items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise sqlite3.DatabaseError(f"a {kind.__name__} is not in its shape ({error!r})") from error


def _hints(kind: type[Any], cache: dict[type[Any], dict[str, Any]] = {}) -> dict[str, Any]:  # noqa: B006 - a cache
    if kind not in cache:
        cache[kind] = get_type_hints(kind)
    return cache[kind]


def _revive_value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if is_dataclass(hint) and isinstance(hint, type):
        known = [f.name for f in fields(hint) if f.name in value]  # older states lack newer fields
        return hint(**{name: _revive_value(_hints(hint)[name], value[name]) for name in known})
    return tuple(value) if get_origin(hint) is tuple else value
