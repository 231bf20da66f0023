"""What the report of a backfill says of rows that have no vector, or one of their beginning alone."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.errors import UsageError


@dataclass(frozen=True)
class Findings:
    """Reasons of the refused rows, and which rows were cut."""

    refused: Mapping[Id, str] = field(default_factory=dict)
    truncated: frozenset[Id] = frozenset()


def read_reports(paths: Iterable[str | Path]) -> Findings:
    """Return what reports say together. Raises `UsageError` for a file that is not a report."""
    refused: dict[Id, str] = {}
    truncated: set[Id] = set()
    for path in paths:
        for number, line in enumerate(_lines(Path(path)), 1):
            try:
                found = json.loads(line)
                row, what = found["id"], found["what"]
            except (ValueError, TypeError, KeyError) as error:
                raise UsageError(f"{path}, line {number}, is not of a backfill's report") from error
            if what == "refused":
                refused[row] = str(found.get("reason", ""))
            elif what == "truncated":
                truncated.add(row)
    return Findings(refused, frozenset(truncated))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
