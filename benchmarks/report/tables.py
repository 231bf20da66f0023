"""Generates Markdown: tables, lists of facts, and a part of a page that people wrote."""

from collections.abc import Mapping, Sequence

Row = Sequence[str]


def render_table(headings: Row, rows: Sequence[Row]) -> str:
    """Return a table with columns as wide as their widest cell."""
    widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
    ruled = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(_line(row, widths) for row in ruled)


def list_facts(facts: Mapping[str, str]) -> list[str]:
    """Return a line for each fact about the machine."""
    return [f"- {name}: {fact}" for name, fact in facts.items()]


def replace_part(page: str, begin: str, end: str, part: str) -> str:
    """Return the page with another part between its two markers."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{part}\n{end}{after}"


def _line(row: Row, widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
