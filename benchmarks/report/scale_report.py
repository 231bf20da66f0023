"""Scale as people read it: tables and aims in docs/performance.md, and a plot of time against size."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from tests.support.harness import ROOT

from benchmarks.report.plot import Line, loglog
from benchmarks.report.tables import listed, replaced, table
from benchmarks.sections import scale_points as points
from benchmarks.sections.scale_points import Point, aims, at

PAGE, PLOT = ROOT / "docs" / "performance.md", ROOT / "docs" / "images" / "scale.svg"
BEGIN, END = (
    "<!-- scale: `python -m benchmarks --write scale` writes up to the next marker -->\n",
    "<!-- /scale -->",
)
EXTRAPOLATED = "~"


def write(facts: Mapping[str, str], measured: Sequence[Point]) -> None:
    """Bring the page's generated part and the plot up to date."""
    page = replaced(PAGE.read_text(encoding="utf-8"), BEGIN, END, text(facts, measured))
    PAGE.write_text(page, encoding="utf-8")
    PLOT.write_text(plot(measured), encoding="utf-8")


def text(facts: Mapping[str, str], measured: Sequence[Point]) -> str:
    """The generated part."""
    return "\n".join([
        *listed(facts),
        "", table(("aim", "measured", "met"), _aims(measured)),
        "", "Seconds, medians; in brackets the ratio to the bare program, and to one that saves what ours saves; "
        f"{EXTRAPOLATED}: as many seconds a push as at the largest size that was measured:",
        "", table(("models", *points.OPERATIONS, points.LOOP), list(_seconds(measured))),
        "", "MiB at the most, all processes together (the engine, the program), and calls of Baseten:",
        "", table(("models", *points.OPERATIONS), list(_memory(measured))),
    ])  # fmt: skip


def plot(measured: Sequence[Point]) -> str:
    """Seconds by size: each operation, and its rivals."""
    lines: dict[str, Line] = {name: _line(measured, name) for name in points.OPERATIONS}
    lines[f"{points.PREVIEW}, bare"] = _rival(measured, points.PREVIEW, points.BARE)
    lines[points.LOOP] = _rival(measured, points.FIRST_UP, points.LOOP)
    drawn = {name: line for name, line in lines.items() if line}
    return loglog("Time by size of the fleet", "models", "seconds", drawn)


def _sizes(measured: Sequence[Point]) -> list[int]:
    return sorted({it.models for it in measured})


def _line(measured: Sequence[Point], operation: str) -> Line:
    found = [(size, _first(measured, operation, size)) for size in _sizes(measured)]
    return [(size, it.seconds) for size, it in found if it]


def _rival(measured: Sequence[Point], operation: str, against: str) -> Line:
    found = [(size, at(measured, operation, size, against)) for size in _sizes(measured)]
    return [(size, median(it.others)) for size, it in found if it and it.others]


def _first(measured: Sequence[Point], operation: str, size: int) -> Point | None:
    return next((it for it in measured if (it.operation, it.models) == (operation, size)), None)


def _aims(measured: Sequence[Point]) -> list[tuple[str, ...]]:
    return [(it.aim, it.measured, it.told) for it in aims(measured)]


def _seconds(measured: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    for size in _sizes(measured):
        cells = [_cell(measured, operation, size) for operation in points.OPERATIONS]
        yield f"{size:,}", *cells, _loop(measured, size)


def _cell(measured: Sequence[Point], operation: str, size: int) -> str:
    found = _first(measured, operation, size)
    if found is None:
        return ""
    rivals = [at(measured, operation, size, against) for against in (points.BARE, points.FRUGAL)]
    ratios = [f"{it.ratio:.2f}x" for it in rivals if it and it.ratio]
    told = f" ({', '.join(ratios)})" if ratios else ""
    return f"{found.seconds:.1f}{told}"


def _loop(measured: Sequence[Point], size: int) -> str:
    line = dict(_rival(measured, points.FIRST_UP, points.LOOP))
    return f"{line[size]:.1f}" if size in line else _extrapolated(list(line.items()), size)


def _extrapolated(line: Line, size: int) -> str:
    """As many seconds a model as at the largest size that was measured."""
    return f"{EXTRAPOLATED}{line[-1][1] / line[-1][0] * size:.0f}" if line else ""


def _memory(measured: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    for size in _sizes(measured):
        found = [_first(measured, operation, size) for operation in points.OPERATIONS]
        yield f"{size:,}", *(_held(it) if it else "" for it in found)


def _held(found: Point) -> str:
    most = found.most
    return (
        f"{most.tree_mib:.0f} ({most.engine_mib:.0f}, {most.program_mib:.0f}), {most.calls:,} calls"
    )
