"""Rows of text in columns, for a terminal or a log."""

from collections.abc import Collection, Iterator, Sequence


def align(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> Iterator[str]:
    """Yield each row as a line, its columns as wide as they have to be; those in `right` end at one place."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = enumerate(zip(row, widths, strict=True))
        fitted = (
            text.rjust(width) if n in right else text.ljust(width) for n, (text, width) in cells
        )
        yield "  ".join(fitted).rstrip()
