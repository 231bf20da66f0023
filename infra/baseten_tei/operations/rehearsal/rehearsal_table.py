"""A rehearsal's report as text for a terminal or a job's log."""

from collections.abc import Iterator, Sequence

from baseten_tei.operations.rehearsal.rehearsal_report import RehearsalReport, RehearsedModel

HEADINGS = ("model", "task", "pushed", "answers", "dims", "space", "emulator's ms")


def render_text(report: RehearsalReport) -> str:
    """Title, table, seconds, then a line for each warning and each failure."""
    return "\n".join(_lines(report))


def _lines(report: RehearsalReport) -> Iterator[str]:
    against = f", compared with {report.base[:12]}" if report.base else ""
    yield f"== stack {report.stack}, rehearsed on an emulator{against}"
    yield from _table([HEADINGS, *map(_cells, report.rows)])
    yield "seconds: " + ", ".join(f"{what} {took:.1f}" for what, took in report.seconds.items())
    yield from (f"note: {line}" for line in report.notes)
    yield from (f"warning: {line}" for line in report.warnings)
    yield from (f"failed: {line}" for line in report.problems)


def _cells(row: RehearsedModel) -> tuple[str, ...]:
    dimensions = str(row.dimensions or "")
    latency = _latency(row.milliseconds_before, row.milliseconds)
    return (row.model, row.task, row.pushed, row.answers, dimensions, row.space, latency)


def _latency(before: float | None, now: float | None) -> str:
    if now is None:
        return ""
    return f"{now:.1f}" if before is None else f"{before:.1f} -> {now:.1f}"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
