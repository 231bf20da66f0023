"""Rows of a source, and the chunks in which they are embedded and written."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from numbers import Integral
from typing import Any, Literal, Protocol
from uuid import UUID

from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats

Id = str | int
_LONE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which no store takes."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text and its id; `payload` is kept beside the vector."""

    id: Id
    text: str
    payload: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """Rows in an order that is the same each time."""

    def __iter__(self) -> Iterator[Row]: ...

    def count(self) -> int | None:
        """Return how many rows there are; `None` where only reading them tells."""
        ...


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of a source."""

    number: int
    first: int
    """The place of its first row in the source, from 0."""
    rows: Sequence[Row]

    @cached_property
    def ids(self) -> list[Id]:
        """Return the rows' ids."""
        return [row.id for row in self.rows]

    @cached_property
    def digest(self) -> str:
        """Return what tells it from a chunk of other ids."""
        return digest_ids(self.ids)


@dataclass(frozen=True)
class Batch:
    """What a sink writes at once: rows of one chunk with their vectors, as long as each other."""

    chunk: int
    rows: Sequence[Row]
    vectors: Floats

    @property
    def ids(self) -> list[Id]:
        """Return the rows' ids."""
        return [row.id for row in self.rows]


@dataclass(frozen=True)
class Finding:
    """A row that was cut, refused, or whose id came before in its chunk; `row` is its place in the source."""

    row: int
    id: Id
    what: Literal["truncated", "refused", "repeated"]
    detail: Mapping[str, Any]

    def as_mapping(self) -> dict[str, Any]:
        """Return it as a line of the report has it."""
        return {"row": self.row, "id": self.id, "what": self.what, **self.detail}


def cut_into_chunks(rows: Iterable[Row], size: int) -> Iterator[Chunk]:
    """Yield the rows in chunks of this size. Raises `UsageError` where ids are of two kinds."""
    left, number = _of_one_kind(rows), 0
    while some := tuple(islice(left, size)):
        yield Chunk(number, number * size, some)
        number += 1


def _of_one_kind(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows, whose ids are all numbers or all texts: a store has one kind, where 1 and "1" would meet."""
    first: Row | None = None
    for number, row in enumerate(rows, 1):
        first = first or row
        if isinstance(row.id, str) != isinstance(first.id, str):
            raise UsageError(
                f"row {number} of the source has the id {row.id!r:.60}, and the first row {first.id!r:.60}: write all "
                "ids as texts, or all as whole numbers"
            )
        yield row


def digest_ids(ids: Iterable[Id]) -> str:
    """Return a short digest of ids in their order; 1 and "1" are different ids."""
    return hashlib.blake2b("\n".join(map(repr, ids)).encode(), digest_size=6).hexdigest()


def make_row(values: Mapping[str, Any], names: "Columns", where: str) -> Row:
    """Return a row of named values; without one for the payload it has `None` there. Raises `UsageError`."""
    if names.id not in values or names.text not in values:
        require_columns((names.id, names.text), values, where)
    payload = {name: values.get(name) for name in names.payload}
    return Row(check_id(values[names.id], where), values[names.text], payload)


def require_columns(wanted: Iterable[str], there: Iterable[Any], where: str) -> None:
    """Raise `UsageError` where a column is missing."""
    has = list(map(str, there))
    for name in wanted:
        if name not in has:
            listed = ", ".join(map(repr, has[:20]))
            raise UsageError(f"{where} has no column {name!r}; it has: {listed}")
        if has.count(name) > 1:
            raise UsageError(f"{where} has several columns {name!r}: give each a name of its own")


def check_id(value: Any, where: str) -> Id:
    """Return a row's id. Raises `UsageError` for a value that tells no row from another."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Integral) and not isinstance(value, bool):
        if -(2**63) <= (number := int(value)) < 2**63:
            return number
        raise UsageError(f"{where} has the id {value}, of more than 64 bits: write it as a text")
    if isinstance(value, str) and value and not _LONE.search(value):
        return value
    raise UsageError(
        f"{where} has the id {value!r:.60}: an id is a text or a whole number, and the row is known by it"
    )


@dataclass(frozen=True)
class Columns:
    """The names of a source's columns."""

    id: str = "id"
    text: str = "text"
    payload: tuple[str, ...] = ()

    @property
    def all(self) -> list[str]:
        """Return each of them once."""
        return list(dict.fromkeys((self.id, self.text, *self.payload)))
