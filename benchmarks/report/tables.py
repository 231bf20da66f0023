"""Markdown that is generated: tables, readable as text too, lists of facts, and a part of a page that people wrote."""

from collections.abc import Mapping, Sequence

Row = Sequence[str]


def table(headings: Row, rows: Sequence[Row]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
    ruled = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(_line(row, widths) for row in ruled)


def listed(facts: Mapping[str, str]) -> list[str]:
    """What was measured on, a line each."""
    return [f"- {name}: {fact}" for name, fact in facts.items()]


def replaced(page: str, begin: str, end: str, part: str) -> str:
    """The page with another part between its two markers."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{part}\n{end}{after}"


def _line(row: Row, widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
