"""Draws the two plots with matplotlib as SVG; signs, dashes and names differ, so they work in grey."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import LogLocator

from benchmarks.measure.timing import Figure

Line = Sequence[tuple[float, float]]
"""Points (x, y) from left to right, all above zero."""

STYLES = (
    ("#1b5faa", "o-"), ("#767676", "s--"), ("#c0392b", "^:"), ("#222222", "D-"), ("#2e7d32", "v-."),
    ("#8e44ad", "P--"), ("#8a5a00", "X:"), ("#444444", "<-."), ("#00707c", ">--"),
)  # fmt: skip
NAME_HEIGHT = 0.055
"""Height of a name beside the last point of its line, as a part of the axes' height."""
SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "baseten-tei", "font.family": "sans-serif"}


def render_ratios(figures: Sequence[Figure]) -> str:
    """Return an SVG of all figures that compare two things: a dot per pair, the median and the aim of each."""
    compared = [figure for figure in figures if figure.others]
    drawing, axes = _start_drawing(9.5, 1.3 + 0.42 * len(compared))
    rows = range(len(compared))
    for row, figure in zip(rows, compared, strict=True):
        pairs = [one / other for one, other in zip(figure.ours, figure.others, strict=True)]
        axes.plot(pairs, [row] * len(pairs), "o", color="0.3", alpha=0.35, markersize=6)
    for name, marker, values in (
        ("median", "D", [figure.ratio for figure in compared]),
        ("aim: at most this", "|", [figure.aim for figure in compared]),
    ):
        style: dict[str, Any] = {"markersize": 18 if marker == "|" else 7, "markeredgewidth": 2}
        known = [(value, row) for value, row in zip(values, rows, strict=True) if value is not None]
        axes.plot(
            [x for x, _ in known],
            [y for _, y in known],
            marker,
            linestyle="none",
            color="black",
            label=name,
            **style,
        )
    axes.axvline(1, color="0.4", linestyle="--", linewidth=1, label="equally fast")
    axes.set_yticks(rows, [figure.what for figure in compared])
    axes.set_ylim(len(compared) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("time of ours ÷ time of the other (ratio; less is faster; dots: single pairs)")
    drawing.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=9, markerscale=0.7)
    return _render_svg(drawing)


def render_loglog(title: str, x_axis: str, y_axis: str, lines: Mapping[str, Line]) -> str:
    """Return an SVG with a line for each name, both axes by powers of ten."""
    drawing, axes = _start_drawing(9.5, 5.6)
    for n, (name, line) in enumerate(lines.items()):
        colour, style = STYLES[n % len(STYLES)]
        axes.plot(*zip(*line, strict=True), style, color=colour, markersize=4, label=name)
    axes.set(xscale="log", yscale="log", xlabel=x_axis, ylabel=y_axis)
    axes.set_title(title, loc="left")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
    _name_lines(axes, lines)
    return _render_svg(drawing)


def _name_lines(axes: Axes, lines: Mapping[str, Line]) -> None:
    """Write each name: right of a line that ends last, below the name above; over a line that ends early."""
    to_axes = axes.transData + axes.transAxes.inverted()
    last = max(line[-1][0] for line in lines.values())
    named = zip(lines.items(), axes.get_lines(), strict=True)
    lowest = 1.05
    for (name, points), line in sorted(named, key=lambda it: -it[0][1][-1][1]):
        style: dict[str, Any] = {"color": line.get_color(), "fontsize": 10}
        if points[-1][0] < last:
            axes.annotate(
                name, points[-1], (0, 7), textcoords="offset points", ha="center", **style
            )
            continue
        lowest = min(to_axes.transform(points[-1])[1], lowest - NAME_HEIGHT)
        arrow = {"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.5, "relpos": (0, 0.5)}
        axes.annotate(
            name,
            points[-1],
            (1.02, lowest),
            textcoords="axes fraction",
            va="center",
            arrowprops=arrow,
            **style,
        )


def _start_drawing(width: float, height: float) -> tuple[Drawing, Axes]:
    matplotlib.use("agg")
    drawing, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return drawing, axes


def _render_svg(drawing: Drawing) -> str:
    """Return the drawing as text that is the same for the same figures."""
    content = io.StringIO()
    with matplotlib.rc_context(SETTINGS):
        drawing.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(drawing)
    return "\n".join(line.rstrip() for line in content.getvalue().splitlines()) + "\n"
