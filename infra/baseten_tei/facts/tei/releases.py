"""TEI releases, from releases.json: images, flags, poolings, what a release fixed or broke, whose source was read.

A row holds from `since` on, up to `until`, both included; `inferred` marks what no source of that release says. The
structs, enums and model types of each release are in `loading/`, with the same words. Sources: tags of
basetenlabs/truss-examples (mirror: 1.8.3 is its newest) and of huggingface/text-embeddings-inference; digests as
public deployments pin them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

TABLE: Mapping[str, Any] = json.loads(Path(__file__).with_name("releases.json").read_text("utf-8"))
_RELEASES: Mapping[str, Row] = {row["version"]: row for row in TABLE["releases"]}

MIRROR: str = TABLE["repositories"]["mirror"]
"""Baseten's mirror adds the python3 that a Truss build asks its base image for."""

UPSTREAM: str = TABLE["repositories"]["upstream"]
"""Upstream images carry no python3: Truss can only run them as they are (`no_build`)."""

KNOWN = tuple(_RELEASES)
MIRRORED = tuple(it for it in KNOWN if _RELEASES[it]["repository"] == "mirror")
INFERRED = tuple(it for it in KNOWN if _RELEASES[it].get("inferred"))
"""Releases that exist, and whose source nobody read here."""
DEFAULT: str = TABLE["default"]
OLDEST, NEWEST = KNOWN[0], KNOWN[-1]
ADVISED = next(it for it in reversed(KNOWN) if it not in INFERRED)
"""The newest of which every row was read in its source."""
BY_TRUST = (*(it for it in reversed(KNOWN) if it not in INFERRED), *INFERRED)
"""In the order in which a message offers them."""
TEI_VERSION = r"^1\.(8|9)\.(0|[1-9]\d{0,2})$"
"""What a spec may name: any patch of a minor that the table has. `unknown_patch` tells which are not in it."""


@cache
def parse_version(version: str) -> tuple[int, ...]:
    """Return `"1.8.3"` as `(1, 8, 3)` and `"1.9"` as `(1, 9, 0)`, for comparing."""
    numbers = tuple(int(part) for part in version.split("."))
    return (*numbers, 0) if len(numbers) == 2 else numbers


@cache
def at_least(version: str, other: str) -> bool:
    """Return whether `version` is `other` or newer."""
    return parse_version(version) >= parse_version(other)


@cache
def minor_of(version: str) -> str:
    """Return `1.9` of `1.9.3`."""
    return ".".join(version.split(".")[:2])


@cache
def known_release(version: str) -> str:
    """Return the release whose rows are used: itself, or the nearest of its minor, or the nearest of all."""
    if version in _RELEASES:
        return version
    same = [it for it in KNOWN if minor_of(it) == minor_of(version)]
    if not same:
        return OLDEST if parse_version(version) < parse_version(OLDEST) else NEWEST
    before = [it for it in same if at_least(version, it)]
    return before[-1] if before else same[0]


def newest_of(minor: str) -> str:
    """Return the newest release known of a minor that the table has, e.g. of `1.9`."""
    return [it for it in KNOWN if minor_of(it) == minor][-1]


def is_known_minor(version: str) -> bool:
    """Return whether the table has a release of the same minor."""
    return any(minor_of(it) == minor_of(version) for it in KNOWN)


@cache
def _is_between(since: str, release: str, until: str) -> bool:
    return parse_version(since) <= parse_version(known_release(release)) <= parse_version(until)


def holds(row: Row, release: str) -> bool:
    """Return whether a row says something of this release."""
    if "since" not in row and "until" not in row:
        return True
    return _is_between(row.get("since", OLDEST), release, row.get("until", NEWEST))


def rows_of(rows: Iterable[Row], release: str) -> Iterator[Row]:
    """Yield the rows that say something of this release."""
    return (row for row in rows if holds(row, release))


def find_change(change_id: str, release: str) -> Row | None:
    """Return what a release repaired or broke, by the change's id; `None` where it does not hold there."""
    rows = rows_of(TABLE["changes"], release)
    return next((row for row in rows if row["id"] == change_id), None)
