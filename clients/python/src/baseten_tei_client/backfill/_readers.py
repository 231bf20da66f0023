"""Reads rows of Parquet, JSON Lines and CSV files."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from baseten_tei_client.backfill._errors import missing_extra
from baseten_tei_client.backfill._rows import Columns, require_columns
from baseten_tei_client.backfill._storage import File, open_binary, open_native
from baseten_tei_client.errors import UsageError

Read = Callable[[File, Columns], Iterator[tuple[int, Mapping[str, Any]]]]
"""Yields each row of a file with its number there, from 1."""


def count_rows(path: File) -> int:
    """Return the rows of a Parquet file, from its footer."""
    with open_parquet(path) as file:
        return int(file.metadata.num_rows)


@contextmanager
def open_parquet(path: File) -> Iterator[Any]:
    """Open a Parquet file. Raises `UsageError` if it is none, or cannot be read."""
    parquet = _parquet()
    try:
        with open_native(path) as opened, parquet.ParquetFile(opened) as file:
            yield file
    except ValueError as error:  # pyarrow's errors are
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{path} is not Parquet: {error}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


@contextmanager
def explain_text(path: File) -> Iterator[None]:
    """Turn what reading a text file raises into one line."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 ({error.reason} at byte {error.object[error.start]:#04x}): convert it, for instance "
            "with iconv"
        ) from error
    except (EOFError, zlib.error) as error:
        raise UsageError(f"{path} is not a whole file of gzip: {error}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def read_parquet(path: File, columns: Columns) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 0
    with open_parquet(path) as file:
        require_columns(columns.all, file.schema_arrow.names, str(path))
        for batch in file.iter_batches(batch_size=1024, columns=columns.all):
            for values in batch.to_pylist():
                number += 1
                yield number, values


def _read_lines(path: File, _: Columns) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with explain_text(path), _open(path) as file:
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


def _read_csv(path: File, columns: Columns) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(2**31 - 1)  # a text may be longer than csv's 131,072 characters
    with explain_text(path), _open(path, newline="") as file:
        try:
            reader = csv.DictReader(
                file, strict=True
            )  # else a quote that is not closed takes all rows after it
            if reader.fieldnames is None:
                raise UsageError(f"{path} is empty: its first line has the names of the columns")
            require_columns(columns.all, reader.fieldnames, str(path))
            for number, values in enumerate(reader, 1):
                if None in values:
                    raise UsageError(
                        f"{path}, row {number}, has more values than columns: put a text with a comma in quotes"
                    )
                yield number, values
        except csv.Error as error:
            raise UsageError(
                f"{path}, before line {reader.line_num + 1}, is not CSV: {error}"
            ) from error


def _open(path: File, newline: str | None = None) -> IO[str]:
    file: Any = open_binary(path)
    if path.name.lower().endswith(".gz"):
        file = gzip.GzipFile(fileobj=file)
    return io.TextIOWrapper(file, "utf-8-sig", newline=newline)


def _parquet() -> Any:
    try:
        from pyarrow import parquet  # an extra
    except ImportError as error:
        raise missing_extra("Parquet", "parquet") from error
    return parquet


READERS: dict[str, Read] = {
    "parquet": read_parquet,
    "jsonl": _read_lines,
    "csv": _read_csv,
}
