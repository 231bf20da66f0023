"""A plot of lines over sizes, both axes by powers of ten; told apart by dashes and names, not by colour alone."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

Line = Sequence[tuple[float, float]]
"""Points (x, y) from left to right, all above zero."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 460, 70, 210, 30, 50
STYLES = (
    ("#1b5faa", ""), ("#888", "7 4"), ("#c0392b", "2 4"), ("#222", ""), ("#2e7d32", "10 3 2 3"),
    ("#8e44ad", "4 2"), ("#b7791f", "1 3"), ("#444", "12 4"), ("#00838f", "14 3 3 3 3 3"),
)  # fmt: skip
NAME_HEIGHT = 15


def loglog(title: str, x_axis: str, y_axis: str, lines: Mapping[str, Line]) -> str:
    """A self-contained SVG with a line for each name."""
    scale = _Scale([point for line in lines.values() for point in line])
    body = [*_axes(scale, x_axis, y_axis), *_lines(scale, lines)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="14">{escape(title)}</text>',
        *body,
        "</svg>\n",
    ])  # fmt: skip


class _Scale:
    """Where values stand, from the power of ten below the least to the one above the most."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        self.x = _range([x for x, _ in points])
        self.y = _range([y for _, y in points])

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (
            round(LEFT + _share(x, self.x) * (WIDTH - LEFT - RIGHT), 1),
            round(HEIGHT - BOTTOM - _share(y, self.y) * (HEIGHT - TOP - BOTTOM), 1),
        )


def _range(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _share(value: float, powers: tuple[int, int]) -> float:
    return (log10(value) - powers[0]) / (powers[1] - powers[0])


def _axes(scale: _Scale, x_axis: str, y_axis: str) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for power in range(scale.x[0], scale.x[1] + 1):
        x, _ = scale.at(10**power, 10 ** scale.y[0])
        yield f'<path d="M{x} {TOP}V{bottom}" stroke="#ddd"/>'
        yield f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{10**power:,g}</text>'
    for power in range(scale.y[0], scale.y[1] + 1):
        _, y = scale.at(10 ** scale.x[0], 10**power)
        yield f'<path d="M{LEFT} {y}H{right}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{10**power:,g}</text>'
    x, y = (LEFT + right) / 2, (TOP + bottom) / 2
    yield f'<text x="{x}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_axis)}</text>'
    turned = f"translate(16 {y}) rotate(-90)"
    yield f'<text transform="{turned}" text-anchor="middle">{escape(y_axis)}</text>'


def _lines(scale: _Scale, lines: Mapping[str, Line]) -> Iterator[str]:
    names = _names(scale, lines)
    for n, (name, line) in enumerate(lines.items()):
        colour, dashes = STYLES[n % len(STYLES)]
        places = [scale.at(x, y) for x, y in line]
        path = "L".join(f"{x} {y}" for x, y in places)
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places)
        yield from _name(name, colour, places[-1], names.get(name))


def _name(name: str, colour: str, end: tuple[float, float], height: float | None) -> Iterator[str]:
    """Beside the plot, with a thin line to it; or within, right of a line that ends early."""
    x, y = end
    if height is None:
        halo = 'paint-order="stroke" stroke="#fff" stroke-width="4"'
        yield f'<text x="{x + 8}" y="{y + 4}" fill="{colour}" {halo}>{escape(name)}</text>'
        return
    edge = WIDTH - RIGHT + 12
    yield f'<path d="M{x + 4} {y}L{edge - 3} {height - 4}" stroke="{colour}" stroke-width=".5"/>'
    yield f'<text x="{edge}" y="{height}" fill="{colour}">{escape(name)}</text>'


def _names(scale: _Scale, lines: Mapping[str, Line]) -> dict[str, float]:
    """The height of each name whose line goes to the end: beside that, or below the name above."""
    last = max(line[-1][0] for line in lines.values())
    whole = {name: line[-1] for name, line in lines.items() if line[-1][0] == last}
    ends = sorted((scale.at(*end)[1] + 4, name) for name, end in whole.items())
    heights: dict[str, float] = {}
    lowest = 0.0
    for wanted, name in ends:
        lowest = heights[name] = max(wanted, lowest + NAME_HEIGHT)
    return heights
