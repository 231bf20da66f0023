"""Pictures of bars as SVG in a page: no other file, no library, readable in black and white and on a phone.

matplotlib, which draws those of a tuning, is an extra; a verification has to be read wherever it ran.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from baseten_tei.review.report.escaping import escape_html

WIDTH = 400
"""Units, so that letters of 13 are still readable where a phone shows them at 360 pixels."""
LINE = 22
LABELS = 96
"""Width of the labels left of bars."""
BEFORE, AFTER = "#8c959f", "#0550ae"
LOST = "#cf222e"
STYLE = (
    "svg{width:100%;max-width:34rem;height:auto;display:block;margin:.4rem 0 1rem}"
    "svg text{font:13px system-ui,'Noto Sans',sans-serif;fill:#1f2328}"
)
Part = tuple[float, str]
"""A number and its color."""


@dataclass(frozen=True)
class Bar:
    """A line of a picture: its name, its parts one after the other, and what is written behind them."""

    name: str
    parts: Sequence[Part]
    value: str


def draw_bars(title: str, bars: Sequence[Bar]) -> str:
    """Return horizontal bars, to the scale of the longest."""
    most = max((sum(it for it, _ in bar.parts) for bar in bars), default=0) or 1
    longest = max((len(bar.value) for bar in bars), default=0)
    room = WIDTH - LABELS - 7.2 * longest - 8
    lines = "".join("".join(_bar(bar, n * LINE, room / most)) for n, bar in enumerate(bars))
    return _picture(title, len(bars) * LINE, lines)


def _bar(bar: Bar, top: float, scale: float) -> Iterator[str]:
    yield _text(LABELS - 6, top + 15, bar.name, "end")
    left = float(LABELS)
    for number, color in bar.parts:
        width = number * scale
        yield f'<rect x="{left:.1f}" y="{top + 4}" width="{width:.1f}" height="14" fill="{color}"/>'
        left += width
    yield _text(left + 5, top + 15, bar.value)


def draw_columns(title: str, columns: Mapping[str, int]) -> str:
    """Return upright bars with their numbers above and their names below."""
    height, step = 110, (WIDTH - 8) / max(1, len(columns))
    most = max(columns.values(), default=0) or 1
    parts = []
    for n, (name, count) in enumerate(columns.items()):
        tall, middle = 84 * count / most, 4 + step * (n + 0.5)
        parts.append(
            f'<rect x="{middle - step * 0.4:.1f}" y="{height - tall:.1f}" width="{step * 0.8:.1f}" '
            f'height="{tall:.1f}" fill="{AFTER}"/>'
        )
        parts.append(_text(middle, height + 16, name, "middle"))
        if count:
            parts.append(_text(middle, height - tall - 5, f"{count:,}", "middle"))
    return _picture(title, height + 22, "".join(parts))


@dataclass(frozen=True)
class Interval:
    """A number with what it lies between, and where another line is drawn."""

    low: float
    number: float
    high: float
    limit: float


def draw_interval(title: str, it: Interval, limit: str) -> str:
    """Return a number on a line, with zero and a limit."""
    least, most = min(it.low, it.limit, 0), max(it.high, 0)
    margin = (most - least) * 0.15 or 0.01
    least, most = least - margin, most + margin

    def at(value: float) -> float:
        return 8 + (WIDTH - 16) * (value - least) / (most - least)

    parts = [
        _upright(at(0), "#1f2328"), _text(at(0), 14, "0: as good", "middle"),
        _upright(at(it.limit), LOST), _text(at(it.limit), 92, limit, _anchor(at(it.limit))),
        f'<line x1="{at(it.low):.1f}" x2="{at(it.high):.1f}" y1="40" y2="40" stroke="{AFTER}" stroke-width="4"/>',
        f'<circle cx="{at(it.number):.1f}" cy="40" r="7" fill="{AFTER}"/>',
        _text(at(it.number), 74, f"{it.number:+.3f}", _anchor(at(it.number))),
    ]  # fmt: skip
    return _picture(title, 98, "".join(parts))


def _anchor(x: float) -> str:
    """Return how a text is placed so that it stays in the picture."""
    if x < 70:
        return "start"
    return "end" if x > WIDTH - 70 else "middle"


def _upright(x: float, color: str) -> str:
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="20" y2="58" stroke="{color}" stroke-dasharray="4 3"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape_html(text)}</text>'


def _picture(title: str, height: float, content: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape_html(title)}">{content}</svg>'
