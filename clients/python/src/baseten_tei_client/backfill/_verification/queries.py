"""Queries for a verification: from a file, or the beginnings of some rows."""

import json
from collections.abc import Sequence
from pathlib import Path

from baseten_tei_client.errors import UsageError

WORDS = 12
"""Of a row's text, where it has to serve as a query."""


def read_queries(path: str | Path) -> list[str]:
    """Return the queries of a file: one a line, or JSON Lines with a text or an object that has `query` or `text`.

    Raises `UsageError` for a file that cannot be read or has none.
    """
    path = Path(path)
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    is_json = path.suffix.lower() in (".jsonl", ".ndjson")
    found = [
        _parse_line(line, f"{path}, line {number},") if is_json else line.strip()
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    if not found:
        raise UsageError(
            f"{path} has no query: write one a line, as users ask them (200 from a log are plenty)"
        )
    return found


def take_queries(texts: Sequence[str]) -> list[str]:
    """Return the beginning of each text as a query, each once."""
    return list(dict.fromkeys(" ".join(it.split()[:WORDS]) for it in texts if it.split()))


def _parse_line(line: str, where: str) -> str:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where} is not JSON: {error}") from error
    if isinstance(value, dict):
        value = value.get("query", value.get("text"))
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{where} has no query: write a text, or an object with `query`")
    return value.strip()
