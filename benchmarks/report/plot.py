"""The plot: a line per ratio, a dot per pair, a tick at the median and one at the aim."""

from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.measure.timing import Figure

WIDTH, LEFT, RIGHT, ROW, TOP = 880, 310, 30, 34, 44
STEP = 0.25
"""Between the lines of the scale."""


def plot(figures: Sequence[Figure]) -> str:
    """A self-contained SVG of all figures that compare two things."""
    compared = [figure for figure in figures if figure.others]
    ratios = [one / other for f in compared for one, other in zip(f.ours, f.others, strict=True)]
    most = max([1.25, *ratios, *(figure.aim or 0 for figure in compared)]) + STEP / 2
    height = TOP + ROW * len(compared) + 20
    body = [*_scale(most, height), *_rows(compared, most)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *body,
        "</svg>\n",
    ])  # fmt: skip


def _x(ratio: float, most: float) -> float:
    return round(LEFT + ratio / most * (WIDTH - LEFT - RIGHT), 1)


def _scale(most: float, height: int) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="16">ours ÷ other (dots: pairs; blue: median; red: aim; less is faster)</text>'
    for n in range(int(most / STEP) + 1):
        x, strong = _x(n * STEP, most), n * STEP == 1
        yield _line(x, TOP - 8, height - 16, "#777" if strong else "#ddd")
        yield f'<text x="{x}" y="{TOP - 12}" text-anchor="middle" fill="#777">{n * STEP:g}</text>'


def _rows(figures: Sequence[Figure], most: float) -> Iterator[str]:
    for n, figure in enumerate(figures):
        y = TOP + ROW * n + ROW // 2
        yield f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(figure.what)}</text>'
        for one, other in zip(figure.ours, figure.others, strict=True):
            yield f'<circle cx="{_x(one / other, most)}" cy="{y}" r="4" fill="#36c" opacity=".35"/>'
        for value, colour in ((figure.aim, "#c33"), (figure.ratio, "#36c")):
            if value is not None:
                yield _line(_x(value, most), y - 11, y + 11, colour, 3)


def _line(x: float, start: int, end: int, colour: str, width: int = 1) -> str:
    return f'<path d="M{x} {start}V{end}" stroke="{colour}" stroke-width="{width}"/>'
