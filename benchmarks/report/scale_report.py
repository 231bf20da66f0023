"""Writes scale: tables and aims in docs/performance.md, and a plot of time by size."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from tests.support.harness import ROOT

from benchmarks.report.plot import Line, render_loglog
from benchmarks.report.tables import list_facts, render_table, replace_part
from benchmarks.sections import scale_points as points
from benchmarks.sections.scale_points import Point, find_point, judge_points

PAGE, PLOT = ROOT / "docs" / "performance.md", ROOT / "docs" / "images" / "scale.svg"
BEGIN, END = (
    "<!-- scale: `python -m benchmarks --write scale` writes up to the next marker -->\n",
    "<!-- /scale -->",
)
EXTRAPOLATED = "~"


def write(facts: Mapping[str, str], measured: Sequence[Point]) -> None:
    """Update the generated part of the page, and the plot."""
    page = replace_part(PAGE.read_text(encoding="utf-8"), BEGIN, END, render_text(facts, measured))
    PAGE.write_text(page, encoding="utf-8")
    PLOT.write_text(render_plot(measured), encoding="utf-8")


def render_text(facts: Mapping[str, str], measured: Sequence[Point]) -> str:
    """Return the generated part."""
    return "\n".join([
        *list_facts(facts),
        "", render_table(("aim", "measured", "met"), _aims(measured)),
        "", "Seconds, medians; in brackets the ratio to the bare program, and to one that saves what ours saves; "
        f"{EXTRAPOLATED}: as many seconds a push as at the largest size that was measured:",
        "", render_table(("models", *points.OPERATIONS, points.LOOP), list(_seconds(measured))),
        "", "MiB at the most, all processes together (the engine, the program), and calls of Baseten:",
        "", render_table(("models", *points.OPERATIONS), list(_memory(measured))),
    ])  # fmt: skip


def render_plot(measured: Sequence[Point]) -> str:
    """Return the plot of seconds by size: each operation and its rivals."""
    lines: dict[str, Line] = {name: _line(measured, name) for name in points.OPERATIONS}
    lines[f"{points.PREVIEW}, bare"] = _rival(measured, points.PREVIEW, points.BARE)
    lines[points.LOOP] = _rival(measured, points.FIRST_UP, points.LOOP)
    drawn = {name: line for name, line in lines.items() if line}
    return render_loglog("Time by size of the fleet", "models", "seconds", drawn)


def _sizes(measured: Sequence[Point]) -> list[int]:
    return sorted({it.models for it in measured})


def _line(measured: Sequence[Point], operation: str) -> Line:
    sizes = [(size, _first(measured, operation, size)) for size in _sizes(measured)]
    return [(size, it.seconds) for size, it in sizes if it]


def _rival(measured: Sequence[Point], operation: str, against: str) -> Line:
    sizes = [(size, find_point(measured, operation, size, against)) for size in _sizes(measured)]
    return [(size, median(it.others)) for size, it in sizes if it and it.others]


def _first(measured: Sequence[Point], operation: str, size: int) -> Point | None:
    return next((it for it in measured if (it.operation, it.models) == (operation, size)), None)


def _aims(measured: Sequence[Point]) -> list[tuple[str, ...]]:
    return [(it.aim, it.measured, it.mark) for it in judge_points(measured)]


def _seconds(measured: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    for size in _sizes(measured):
        cells = [_cell(measured, operation, size) for operation in points.OPERATIONS]
        yield f"{size:,}", *cells, _loop(measured, size)


def _cell(measured: Sequence[Point], operation: str, size: int) -> str:
    point = _first(measured, operation, size)
    if point is None:
        return ""
    rivals = [
        find_point(measured, operation, size, against) for against in (points.BARE, points.FRUGAL)
    ]
    ratios = [f"{it.ratio:.2f}x" for it in rivals if it and it.ratio]
    return f"{point.seconds:.1f}" + (f" ({', '.join(ratios)})" if ratios else "")


def _loop(measured: Sequence[Point], size: int) -> str:
    line = dict(_rival(measured, points.FIRST_UP, points.LOOP))
    return f"{line[size]:.1f}" if size in line else _extrapolate(list(line.items()), size)


def _extrapolate(line: Line, size: int) -> str:
    """Return the time at the seconds per model of the largest size that was measured."""
    return f"{EXTRAPOLATED}{line[-1][1] / line[-1][0] * size:.0f}" if line else ""


def _memory(measured: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    for size in _sizes(measured):
        row = [_first(measured, operation, size) for operation in points.OPERATIONS]
        yield f"{size:,}", *(_format_usage(it) if it else "" for it in row)


def _format_usage(point: Point) -> str:
    most = point.most
    return (
        f"{most.tree_mib:.0f} ({most.engine_mib:.0f}, {most.program_mib:.0f}), {most.calls:,} calls"
    )
