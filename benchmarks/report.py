"""Figures as a table for people, as JSON for comparing, and as a plot."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.machine import file_name
from benchmarks.plot import plot
from benchmarks.timing import Figure

RESULTS = Path(__file__).parent / "results"
HEADINGS = ("measured", "ours", "against", "ratio", "fastest", "aim", "met")


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table: medians in seconds, least and most behind them."""
    rows = [HEADINGS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADINGS))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], _line(["-" * width for width in widths], widths), *lines[1:]])


def write(facts: dict[str, str], figures: Sequence[Figure], folder: Path = RESULTS) -> list[Path]:
    """`<date>-<machine>.json`, `latest.md` and `latest.svg`: their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        f"{file_name(facts)}.json": _json(facts, figures),
        "latest.md": _page(facts, figures),
        "latest.svg": plot(figures),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


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


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"


def _json(facts: dict[str, str], figures: Sequence[Figure]) -> str:
    rows = [
        {**asdict(figure), "ratio": figure.ratio, "fastest_ratio": figure.fastest_ratio}
        for figure in figures
    ]
    return json.dumps({**facts, "figures": rows}, indent=2, ensure_ascii=False) + "\n"


def _page(facts: dict[str, str], figures: Sequence[Figure]) -> str:
    return "\n".join(_page_lines(facts, figures)) + "\n"


def _page_lines(facts: dict[str, str], figures: Sequence[Figure]) -> Iterator[str]:
    yield "# Latest figures\n\nWritten by `make bench`; [how to read them](../README.md).\n"
    yield from (f"- {name}: {fact}" for name, fact in facts.items())
    yield f"\n{table(figures)}\n"
    if any(figure.others for figure in figures):
        yield "![Each ratio, pair by pair, with its aim](latest.svg)"
