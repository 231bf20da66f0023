"""Sources: Parquet, JSON Lines and CSV files, and any iterable of rows."""

import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from baseten_tei_client.backfill._readers import READERS, Read, count_rows, read_parquet
from baseten_tei_client.backfill._rows import (
    Columns,
    Row,
    Source,
    check_id,
    make_row,
)
from baseten_tei_client.backfill._storage import File, find_stored, is_stored, without_query
from baseten_tei_client.errors import UsageError

_KINDS = "Parquet (.parquet), JSON Lines (.jsonl, .ndjson) and CSV (.csv), these two also with .gz"


@dataclass(frozen=True)
class Files:
    """The rows of some files of one kind, in the order of their names."""

    paths: Sequence[File]
    columns: Columns
    read: Read

    def __iter__(self) -> Iterator[Row]:
        for path in self.paths:
            for number, values in self.read(path, self.columns):
                yield make_row(values, self.columns, f"{path}, row {number},")

    def count(self) -> int | None:
        """Return the rows that the footers of Parquet files tell; `None` for other files."""
        if self.read is not read_parquet:
            return None
        return sum(map(count_rows, self.paths))


@dataclass(frozen=True)
class Rows:
    """Any rows: `Row`, `(id, text)`, `(id, text, payload)`, or mappings with `id` and `text`.

    A generator serves one run; whatever resumes after a kill iterates again and needs the same rows.
    """

    rows: Iterable[Any]

    def __iter__(self) -> Iterator[Row]:
        for number, it in enumerate(self.rows, 1):
            yield _as_row(it, f"row {number}")

    def count(self) -> int | None:
        """Return the length of a list; `None` for a generator."""
        return len(self.rows) if isinstance(self.rows, Sized) else None


def open_source(
    path: str | Path, *, id: str = "id", text: str = "text", payload: Sequence[str] = ()  # noqa: A002  # as users say it
) -> Source:  # fmt: skip
    """Return the rows of a file, of all files in a folder, or of those a pattern (`notes-*.jsonl`) names.

    Each may be in object storage (`s3://bucket/notes`, gs://, abfs://), which is read through pyarrow. Raises
    `UsageError` if there is none, or they are of a kind that is not read.
    """
    paths = _find(str(path))
    kinds, shown = {_kind(it) for it in paths}, _shown(path)
    if len(kinds) > 1:
        raise UsageError(
            f"{shown} has files of several kinds, {', '.join(sorted(kinds))}: name one"
        )
    [kind] = kinds
    if kind not in READERS:
        raise UsageError(f"{shown} is of a kind that is not read; {_KINDS} are")
    return Files(paths, Columns(id, text, tuple(payload)), READERS[kind])


def as_source(rows: Source | Iterable[Any]) -> Source:
    """Return a source as it is, and anything else as the rows that it holds. Raises `UsageError` for what has none."""
    if isinstance(rows, (str, Path)):
        raise UsageError(f"{str(rows)!r:.200} is a path, not rows: give open_source(path)")
    if type(rows).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow"):
        raise UsageError(
            f"a {type(rows).__name__} is not rows: write it to Parquet, or give (id, text) in a list, such as "
            "list(zip(frame['id'], frame['text']))"
        )
    if not isinstance(rows, Iterable):
        raise UsageError(
            f"{type(rows).__name__} is not rows: give open_source(path), or (id, text) in a list"
        )
    if isinstance(rows, (Files, Rows)) or (
        hasattr(rows, "count") and not isinstance(rows, Sequence)
    ):
        return rows  # type: ignore[return-value]  # a caller's own source
    return Rows(rows)


def _shown(path: str | Path) -> str:
    return without_query(str(path)) if is_stored(path) else str(path)


def _find(path: str) -> list[File]:
    found = _find_stored(path) if is_stored(path) else _find_here(path)
    if not found:
        raise UsageError(f"{_shown(path)} is not there, or holds no file of {_KINDS}")
    return found


def _find_stored(url: str) -> list[File]:
    folder, found = find_stored(url)
    if "*" in url or [it.path for it in found] == [folder]:
        return [*found]
    return [it for it in found if _is_data(it.path.removeprefix(f"{folder}/"))]


def _find_here(path: str) -> list[File]:
    folder = Path(path)
    if folder.is_dir():
        inside = (it for it in folder.rglob("*") if it.is_file())
        names = [str(it) for it in inside if _is_data(it.relative_to(folder).as_posix())]
    else:
        names = [path] if folder.exists() else glob.glob(path)  # noqa: PTH207  # a pattern may be absolute
    return [Path(it) for it in sorted(names)]


def _is_data(path: str) -> bool:
    """Return whether it is a file of rows, as Spark, Arrow and this project leave others beside them."""
    parts = PurePosixPath(path)
    return not any(it.startswith((".", "_")) for it in parts.parts) and _kind(parts) in READERS


def _kind(path: File | PurePosixPath) -> str:
    name = path.name.removesuffix(".gz").lower()
    kind = name.rpartition(".")[2]
    return "jsonl" if kind == "ndjson" else kind


def _as_row(it: Any, where: str) -> Row:
    if isinstance(it, Row):
        check_id(it.id, where)
        return it
    if isinstance(it, Mapping):
        others = tuple(name for name in it if name not in ("id", "text"))
        return make_row(it, Columns(payload=others), where)
    if isinstance(it, (tuple, list)) and len(it) in (2, 3):
        return Row(check_id(it[0], where), *it[1:])
    raise UsageError(
        f"{where} is {type(it).__name__}: give (id, text), (id, text, payload) or a mapping"
    )
