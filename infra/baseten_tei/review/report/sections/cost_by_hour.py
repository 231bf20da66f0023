"""The table of a model's hours under schedules, and who says what its typical replicas are, for every format."""

from collections.abc import Iterable, Iterator

from baseten_tei.review.report.report_data import HourlyCost, ModelReport
from baseten_tei.review.report.wording import format_usd

HEADINGS = ("hours", "a month", "replicas", "$/hour, minimum", "typical", "maximum")
MOST_ROWS = 8


def hour_rows(model: ModelReport) -> list[tuple[str, ...]]:
    """Return a row for the hours of each schedule, and of those outside; empty without schedules."""
    several = len({it.environment for it in model.hours}) > 1
    rows = [_row(it, several) for it in model.hours]
    rest = len(rows) - MOST_ROWS
    more = [(f"… and {rest} more", "", "", "", "", "")] if rest > 0 else []
    return [*rows[:MOST_ROWS], *more]


def typical_lines(models: Iterable[ModelReport]) -> Iterator[tuple[str, str]]:
    """Yield each model with who says what its typical replicas are, where that was asked."""
    for it in models:
        if it.typical:
            yield it.name, f"typical is {it.typical}"


def _row(it: HourlyCost, several: bool) -> tuple[str, ...]:
    when = f"{it.environment}: {it.when}" if several else it.when
    hours = f"{it.hours:,.10g}{', once' if it.once else ''}"
    return (
        when,
        hours,
        it.replicas,
        *map(_dollars, (it.usd.minimum, it.usd.typical, it.usd.maximum)),
    )


def _dollars(usd: float | None) -> str:
    return "$0.00" if usd == 0 else format_usd(usd)
