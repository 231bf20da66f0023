"""The reading side of a store: what a verification needs of an index, beyond what a backfill needs of a sink."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.errors import OutputsError, SpaceMismatchError
from baseten_tei_client.results import Floats

T = TypeVar("T")
Vectors = Floats | Sequence[Floats]
"""A matrix; or, where some of them have other lengths than the rest, one array each."""
BATCH = 4096
"""Vectors that are read at once."""


@runtime_checkable
class Index(Protocol):
    """A store that is read and searched; a store of one's own may have these methods besides those of `Sink`."""

    @property
    def name(self) -> str:
        """Return what it is, as a user names it, without secrets."""
        ...

    def look(self) -> str | None:
        """Open what is there, make nothing, and return the note of its space; `None` without one."""
        ...

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which of these rows have their vector there."""
        ...

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        """Yield all ids with their vectors, some at a time."""
        ...

    def read(self, ids: Sequence[Id]) -> Mapping[Id, Floats]:
        """Return the vectors of those of these rows that are there."""
        ...

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        """Return for each vector the ids of the `k` nearest, nearest first."""
        ...

    def close(self) -> None:
        """Close its connections; it may never have been opened."""
        ...


def read_note(where: str, note: str | None) -> Space | None:
    """Return the space that a store notes; `None` without a note. Raises `SpaceMismatchError` for an unreadable one."""
    if note is None:
        return None
    try:
        return Space.of(json.loads(note))
    except (ValueError, OutputsError) as error:
        raise SpaceMismatchError(f"{where} has a note of its space that cannot be read") from error


def cut(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of this size."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def stack_vectors(vectors: Sequence[Floats]) -> Vectors:
    """Return vectors as a matrix where they have one length."""
    if len({len(it) for it in vectors}) > 1:
        return vectors
    return np.asarray(vectors, np.float32).reshape(len(vectors), -1)


def select_length(vectors: Vectors, length: int) -> tuple[Sequence[int], Floats]:
    """Return the places of the vectors of this length, and these as a matrix, which is not copied if it is one."""
    if isinstance(vectors, np.ndarray):
        if vectors.shape[1] == length:
            return range(len(vectors)), vectors
        return (), np.empty((0, length), np.float32)
    places = [place for place, it in enumerate(vectors) if len(it) == length]
    return places, np.asarray([vectors[it] for it in places], np.float32).reshape(-1, length)


def as_vector(value: object) -> Floats:
    """Return a stored value as an array; an empty one for null."""
    return np.asarray(() if value is None else value, np.float32)
