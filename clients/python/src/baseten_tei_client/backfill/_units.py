"""What is to be done: which rows of which files have no vector yet, in units that one actor takes at a time."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.errors import UsageError

Hashes = NDArray[np.int64]
"""Of ids: 8 bytes each, the same in every process."""
MOST_CHUNKS_OF_A_UNIT = 32
UNITS_OF_AN_ACTOR = 8


@dataclass(frozen=True)
class Known:
    """The rows that a target has, and those that were refused, by their ids; both sorted."""

    written: Hashes
    refused: Hashes


@dataclass(frozen=True)
class Unit:
    """Consecutive rows of a file; `wanted`: a bit for each, whether it is to be embedded."""

    file: int
    first: int
    count: int
    wanted: bytes

    def mask(self) -> NDArray[np.bool_]:
        """Return `wanted` as one value a row."""
        return np.unpackbits(np.frombuffer(self.wanted, np.uint8), count=self.count).astype(bool)


@dataclass(frozen=True)
class Plan:
    """The units, and how many rows need nothing."""

    units: Sequence[Unit]
    rows: int
    present: int
    refused: int
    repeats: Sequence[tuple[int, int]]
    """File and row of each whose id came before."""


def hash_ids(ids: Iterable[Id]) -> Hashes:
    """Return their hashes; 1 and "1" are different ids."""
    digests = b"".join(hashlib.blake2b(repr(it).encode(), digest_size=8).digest() for it in ids)
    return np.frombuffer(digests, np.int64)


def name_part(ids: Iterable[Id]) -> str:
    """Return the name of the part for these rows: whoever embeds them again replaces it."""
    text = "\n".join(map(repr, ids)).encode()
    return f"part-{hashlib.blake2b(text, digest_size=16).hexdigest()}.parquet"


def plan_units(files: Sequence[Hashes], known: Known, chunk: int, actors: int) -> Plan:
    """Return what is to be done of files with these ids. Of an id that comes twice the first row counts."""
    all_ids = np.concatenate([*files, np.empty(0, np.int64)])
    is_first = np.zeros(len(all_ids), bool)
    is_first[np.unique(all_ids, return_index=True)[1]] = True
    is_present = is_first & _among(all_ids, known.written)
    is_refused = is_first & ~is_present & _among(all_ids, known.refused)
    is_wanted = is_first & ~is_present & ~is_refused
    size = _rows_of_a_unit(int(is_wanted.sum()), chunk, actors)
    ends = np.cumsum([len(it) for it in files], dtype=int)[:-1]
    units = [
        unit
        for n, wanted in enumerate(np.split(is_wanted, ends))
        for unit in _cut(n, wanted, size)
    ]  # fmt: skip
    repeats = [
        (n, int(row))
        for n, first in enumerate(np.split(is_first, ends))
        for row in np.flatnonzero(~first)
    ]
    return Plan(units, len(all_ids), int(is_present.sum()), int(is_refused.sum()), repeats)


def find_groups(sizes: Sequence[int], first: int, count: int) -> tuple[list[int], int]:
    """Return the row groups that hold these rows, and how many rows come before them there."""
    ends = np.cumsum(sizes)
    start = int(np.searchsorted(ends, first, "right"))
    last = int(np.searchsorted(ends, first + count, "left"))
    return [*range(start, last + 1)], first - (int(ends[start - 1]) if start else 0)


def divide_share(share: float, actors: int, requests: int, texts: int) -> float:
    """Return the share of each actor, with which all of them stay within the whole. Raises `UsageError` for too many.

    `requests` and `texts`: the permits of a replica.
    """
    most = int(min(requests, texts) * share)
    if actors < 1 or actors > most:
        raise UsageError(
            f"actors={actors} cannot share {most} requests at once ({share:g} of the {min(requests, texts)} of a "
            f"replica), of which each needs one: give at most {max(most, 1)}, or a greater share"
        )
    return share / actors


def wait_seconds(birth: int, actors: int, request_timeout: float) -> float:
    """Return how long an actor waits before it sends anything; `birth`: 1 for the job's first.

    One after the first `actors` takes the place of one that has died, whose requests may still be under way.
    """
    return 0.0 if birth <= actors else request_timeout


def _rows_of_a_unit(rows: int, chunk: int, actors: int) -> int:
    chunks = -(-rows // (chunk * actors * UNITS_OF_AN_ACTOR))
    return chunk * max(1, min(chunks, MOST_CHUNKS_OF_A_UNIT))


def _cut(file: int, wanted: NDArray[np.bool_], size: int) -> Iterator[Unit]:
    for first in range(0, len(wanted), size):
        some = wanted[first : first + size]
        if some.any():
            yield Unit(file, first, len(some), np.packbits(some).tobytes())


def _among(ids: Hashes, known: Hashes) -> NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(ids), bool)
    places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    found: NDArray[np.bool_] = known[places] == ids
    return found
