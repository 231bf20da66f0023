"""What went wrong in a `pulumi up`, from what it printed: each error once, with the lines that belong to it."""

import re
from collections.abc import Iterator, Sequence

_HEADING = re.compile(r"  \S+ \(.+\):")
"""`  baseten:index:Environment (bge-production):`"""
_ENTRY = re.compile(r"    (?P<level>error|warning|info|debug): (?P<text>.*)")
_COUNTS = re.compile(r"(\d+ errors? occurred:|update failed|resource registration failed)")
"""pulumi's own words about errors that stand elsewhere."""
LAST_LINES = 12


def find_errors(said: Sequence[str]) -> tuple[str, ...]:
    """Return each error of the section `Diagnostics:` in full; the last lines where there is none."""
    found = dict.fromkeys(_errors(_section(said)))
    return tuple(found) or tuple(line.strip() for line in said[-LAST_LINES:])


def _section(said: Sequence[str]) -> Iterator[str]:
    inside = False
    for line in said:
        if line == "Diagnostics:":
            inside = True
        elif inside and not line.startswith(" "):
            return
        elif inside:
            yield line


def _errors(section: Iterator[str]) -> Iterator[str]:
    lines: list[str] | None = None
    for line in section:
        entry = _ENTRY.fullmatch(line)
        if entry or _HEADING.fullmatch(line):
            yield from _whole(lines)
            lines = [entry["text"]] if entry and entry["level"] == "error" else None
        elif lines is not None:
            lines.append(line.strip())
    yield from _whole(lines)


def _whole(lines: list[str] | None) -> Iterator[str]:
    """Yield an error's own line, and what follows it (a log's end) below."""
    kept = [line for line in lines or () if line and not _COUNTS.fullmatch(line)]
    if kept:
        first, *rest = kept
        yield "\n  ".join([first.removeprefix("* "), *rest])
