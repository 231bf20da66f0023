"""Markdown tables, readable as text too."""

from collections.abc import Sequence

Row = Sequence[str]


def table(headings: Row, rows: Sequence[Row]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
    ruled = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(_line(row, widths) for row in ruled)


def _line(row: Row, widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
