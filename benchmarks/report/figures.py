"""Figures as people read them: tables in the terminal, a page, the table of aims in docs/performance.md, and plots."""

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.measure.timing import Figure
from benchmarks.report import scale_report, tables
from benchmarks.report.plot import render_ratios
from benchmarks.report.record import RESULTS, Section

PAGE, PLOT = RESULTS / "README.md", RESULTS / "ratios.svg"
BEGIN, END = "<!-- speed: `python -m benchmarks --write` -->\n", "<!-- /speed -->"
HEADINGS = ("measured", "ours", "against", "ratio", "fastest", "aim", "met")
AIM_HEADINGS = ("aim", "measured", "met", "when")


def render_figures(figures: Sequence[Figure]) -> str:
    """A Markdown table: medians in seconds, least and most behind them."""
    return tables.render_table(HEADINGS, [_row(figure) for figure in figures])


def render_aims(sections: Sequence[Section]) -> str:
    """Every aim, what was measured, and when."""
    rows = [
        (it.aim, it.measured, it.mark, section.facts["date"][:10])
        for section in sections
        for it in section.aims
    ]
    return tables.render_table(AIM_HEADINGS, rows)


def write(sections: Sequence[Section]) -> None:
    """Bring the results' page and plot and docs/performance.md up to date."""
    PAGE.write_text("\n".join(_page(sections)) + "\n", encoding="utf-8")
    PLOT.write_text(render_ratios(_single(sections)), encoding="utf-8")
    docs = scale_report.PAGE
    docs.write_text(insert_aims(docs.read_text(encoding="utf-8"), sections), encoding="utf-8")
    for section in sections:
        if section.points:
            scale_report.write(section.facts, section.points)


def insert_aims(text: str, sections: Sequence[Section]) -> str:
    """Return docs/performance.md with its table of aims as measured."""
    return tables.replace_part(text, BEGIN, END, render_aims(sections))


def _page(sections: Sequence[Section]) -> Iterator[str]:
    yield "# Latest figures\n\nWritten by `make bench`; [how to read them](../../README.md)."
    yield "Every single time stands in the JSON files beside.\n"
    yield f"{render_aims(sections)}\n\n![Each ratio, pair by pair, with its aim](ratios.svg)"
    for section in sections:
        yield f"\n## {section.name}\n"
        yield from tables.list_facts(section.facts)
        yield f"\n{render_figures(section.figures)}"


def _single(sections: Sequence[Section]) -> list[Figure]:
    """All but `scale`'s, which has a plot of its own."""
    return [figure for it in sections if not it.points for figure in it.figures]


def _row(figure: Figure) -> tuple[str, ...]:
    against = f"{_times(figure.others)} ({figure.against})" if figure.others else ""
    unit = "x" if figure.others else " s"
    aim = "" if figure.aim is None else f"≤ {figure.aim:g}{unit}"
    met = {None: "", True: "yes", False: "no"}[figure.met]
    return (
        figure.what, _times(figure.ours), against,
        _ratio(figure.ratio), _ratio(figure.fastest_ratio), aim, met,
    )  # fmt: skip


def _times(values: Sequence[float]) -> str:
    spread = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    return f"{median(values):.2f} s{spread}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}x"
