"""Rows of data that hold in some releases of TEI: from `since` on, up to `until`, both included."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from baseten_tei.facts.tei.releases import parse_version

OLDEST, NEWEST = "1.8.3", "1.9.4"
"""Releases whose sources were read. 1.9.4 is inferred: the main branch of 2026-07-24; its own tag (2026-09, TEI PR 928)
was not to be had."""
INFERRED = ("1.9.4",)

Row = Mapping[str, Any]


def read_rows(path: Path) -> Any:
    """Return the data of a JSON file of ours."""
    return json.loads(path.read_text("utf-8"))


@cache
def known_release(release: str) -> str:
    """Return the release whose rows are used: that itself, or the nearest whose source was read."""
    version = parse_version(release)
    if version <= parse_version(OLDEST):
        return OLDEST
    return NEWEST if version >= parse_version(NEWEST) else release


@cache
def _is_between(since: str, release: str, until: str) -> bool:
    known = parse_version(known_release(release))
    return parse_version(since) <= known <= parse_version(until)


def holds(row: Row, release: str) -> bool:
    """Return whether a row says something of this release."""
    if "since" not in row and "until" not in row:
        return True
    return _is_between(row.get("since", OLDEST), release, row.get("until", NEWEST))


def rows_of(rows: Iterable[Row], release: str) -> Iterator[Row]:
    """Yield the rows that say something of this release."""
    return (row for row in rows if holds(row, release))
