"""The report of a backfill: the rows that were cut, refused or came again, one JSON line each."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from baseten_tei_client.backfill._rows import Finding
from baseten_tei_client.errors import UsageError


def write_report(findings: Iterable[Finding], path: str | Path) -> None:
    """Write findings in the order of the source; atomic. Raises `UsageError` where it cannot be written."""
    with write_lines(path) as write:
        write(it.as_mapping() for it in findings)


@contextmanager
def write_lines(
    path: str | Path | None,
) -> Iterator[Callable[[Iterable[Mapping[str, Any]]], None]]:
    """Yield what takes lines of a report, which is there once all are written; without a path they go nowhere."""
    if path is None:
        yield lambda _: None
        return
    target = Path(path)
    new = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    with _explained(target):
        file = new.open("w", encoding="utf-8")

    def write(lines: Iterable[Mapping[str, Any]]) -> None:
        with _explained(target):
            file.writelines(json.dumps(it) + "\n" for it in lines)

    try:
        with file:
            yield write
        with _explained(target):
            new.replace(target)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{target}: the report cannot be written: {error.strerror}") from error
