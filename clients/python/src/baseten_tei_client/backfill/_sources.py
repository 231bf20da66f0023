"""Sources: Parquet, JSON Lines and CSV files, and any iterable of rows."""

import csv
import glob
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from baseten_tei_client.backfill._errors import missing_extra
from baseten_tei_client.backfill._rows import (
    Columns,
    Row,
    Source,
    check_id,
    make_row,
    require_columns,
)
from baseten_tei_client.errors import UsageError

Read = Callable[[Path, Columns], Iterator[tuple[int, Mapping[str, Any]]]]
"""Yields each row of a file with its number there, from 1."""
_KINDS = "Parquet (.parquet), JSON Lines (.jsonl, .ndjson) and CSV (.csv), these two also with .gz"


@dataclass(frozen=True)
class Files:
    """The rows of some files of one kind, in the order of their names."""

    paths: Sequence[Path]
    columns: Columns
    read: Read

    def __iter__(self) -> Iterator[Row]:
        for path in self.paths:
            try:
                for number, values in self.read(path, self.columns):
                    yield make_row(values, self.columns, f"{path}, row {number},")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"{path} cannot be read: {error}") from error

    def count(self) -> int | None:
        """Return the rows that the footers of Parquet files tell; `None` for other files."""
        if self.read is not _read_parquet:
            return None
        return sum(int(_parquet().read_metadata(path).num_rows) for path in self.paths)


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

    Raises `UsageError` if there is none, or they are of a kind that is not read.
    """
    paths = _find(str(path))
    kinds = {_kind(it) for it in paths}
    if len(kinds) > 1:
        raise UsageError(f"{path} has files of several kinds, {', '.join(sorted(kinds))}: name one")
    [kind] = kinds
    if kind not in _READERS:
        raise UsageError(f"{path} is of a kind that is not read; {_KINDS} are")
    return Files(paths, Columns(id, text, tuple(payload)), _READERS[kind])


def as_source(rows: Source | Iterable[Any]) -> Source:
    """Return a source as it is, and anything else as the rows that it holds."""
    if isinstance(rows, (Files, Rows)) or (
        hasattr(rows, "count") and not isinstance(rows, Sequence)
    ):
        return rows  # type: ignore[return-value]  # a caller's own source
    return Rows(rows)


def _find(path: str) -> list[Path]:
    folder = Path(path)
    if folder.is_dir():
        names = [str(it) for it in folder.rglob("*") if it.is_file() and _is_data(it, folder)]
    else:
        names = [path] if folder.exists() else glob.glob(path)  # noqa: PTH207  # a pattern may be absolute
    if not names:
        raise UsageError(f"{path} is not there, or holds no file of {_KINDS}")
    return [Path(it) for it in sorted(names)]


def _is_data(path: Path, folder: Path) -> bool:
    """Return whether it is a file of rows, as Spark, Arrow and this project leave others beside them."""
    parts = path.relative_to(folder).parts
    return not any(it.startswith((".", "_")) for it in parts) and _kind(path) in _READERS


def _kind(path: Path) -> str:
    name = path.name.removesuffix(".gz").lower()
    kind = name.rpartition(".")[2]
    return "jsonl" if kind == "ndjson" else kind


def _read_parquet(path: Path, columns: Columns) -> Iterator[tuple[int, Mapping[str, Any]]]:
    parquet, number = _parquet(), 0
    try:
        with parquet.ParquetFile(path) as file:
            require_columns(columns.all, file.schema_arrow.names, str(path))
            for batch in file.iter_batches(batch_size=1024, columns=columns.all):
                for values in batch.to_pylist():
                    number += 1
                    yield number, values
    except ValueError as error:  # pyarrow's errors are
        raise UsageError(f"{path} is not Parquet: {error}") from error


def _read_lines(path: Path, _: Columns) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{path}, line {number}, is not JSON: {error}") from error
            if not isinstance(values, dict):
                raise UsageError(f"{path}, line {number}, is not a JSON object")
            yield number, values


def _read_csv(path: Path, columns: Columns) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(2**31 - 1)  # a text may be longer than csv's 131,072 characters
    with _open(path, newline="") as file:
        try:
            reader = csv.DictReader(file)
            require_columns(columns.all, reader.fieldnames or (), str(path))
            yield from enumerate(reader, 1)
        except csv.Error as error:
            raise UsageError(f"{path} is not CSV: {error}") from error


def _open(path: Path, newline: str | None = None) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline=newline)
    return path.open(encoding="utf-8-sig", newline=newline)


def _parquet() -> Any:
    try:
        from pyarrow import parquet  # an extra
    except ImportError as error:
        raise missing_extra("Parquet", "parquet") from error
    return parquet


def _as_row(it: Any, where: str) -> Row:
    if isinstance(it, Row):
        return it
    if isinstance(it, Mapping):
        others = tuple(name for name in it if name not in ("id", "text"))
        return make_row(it, Columns(payload=others), where)
    if isinstance(it, (tuple, list)) and len(it) in (2, 3):
        return Row(check_id(it[0], where), *it[1:])
    raise UsageError(
        f"{where} is {type(it).__name__}: give (id, text), (id, text, payload) or a mapping"
    )


_READERS: dict[str, Read] = {
    "parquet": _read_parquet,
    "jsonl": _read_lines,
    "csv": _read_csv,
}
