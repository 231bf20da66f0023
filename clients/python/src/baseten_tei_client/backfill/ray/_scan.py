"""Finds out what is there, by tasks on the cluster: the ids of the source, and the parts of the target."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import ray

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._sinks.parts import Parts
from baseten_tei_client.backfill._sources import Files
from baseten_tei_client.backfill._storage import File
from baseten_tei_client.backfill._units import Hashes, Known
from baseten_tei_client.backfill.ray._parts import (
    KnownPart,
    make_schema,
    read_ids,
    read_known,
    read_schema,
)

FILES_OF_A_TASK = 16
T = TypeVar("T")
Tell = Callable[[Sequence[Mapping[str, Any]]], None]
"""Takes lines of the report."""


def scan_source(files: Files) -> list[Hashes]:
    """Return the hashes of each file's ids. Raises `UsageError` for what cannot be an id."""
    column = files.columns.id
    return [*_on_cluster(lambda file: read_ids(file, column), files.paths)]


def scan_target(parts: Parts, space: Space, tell: Tell) -> Known:
    """Return which rows the target has. Raises `SpaceMismatchError` if they are of another space."""
    parts.prepare()
    written, refused = [np.empty(0, np.int64)], [np.empty(0, np.int64)]

    def read(part: File) -> KnownPart:
        return read_known(part, space)

    for found in _on_cluster(read, parts.list_parts()):
        written.append(found.written)
        refused.append(found.refused)
        tell(found.findings)
    return Known(np.sort(np.concatenate(written)), np.sort(np.concatenate(refused)))


def find_schema(files: Files, parts: Parts, space: Space) -> Any:
    """Return the schema of the parts that are there, or the one for this source."""
    there = parts.list_parts()
    if there:
        return read_schema(there[0])
    return make_schema(read_schema(files.paths[0]), files.columns, space)


def _on_cluster(read: Callable[[File], T], files: Sequence[File]) -> Iterator[T]:
    """Yield what is read of each file, in their order."""
    task: Any = ray.remote(_read_all)
    groups = [files[n : n + FILES_OF_A_TASK] for n in range(0, len(files), FILES_OF_A_TASK)]
    for answer in [task.remote(read, group) for group in groups]:
        yield from ray.get(answer)


def _read_all(read: Callable[[File], T], files: Sequence[File]) -> list[T]:
    return [read(it) for it in files]
