"""Live environments as a table for a terminal: plain text, to be read without colours."""

from collections.abc import Iterator, Sequence

from baseten_tei.deployment.money.costs import LISTED
from baseten_tei.operations.status.live_environments import LiveEnvironment
from baseten_tei.review.report.escaping import escape_log_line
from baseten_tei.review.report.text_table import align

HEADINGS = ("", "model", "environment", "status", "replicas", "version", "digest", "$/h", "notes")
_MONEY = HEADINGS.index("$/h")


def cells(row: LiveEnvironment) -> tuple[str, ...]:
    """Return a row in words; `!` marks what is not healthy."""
    price = "unknown" if row.usd_per_hour is None else f"{row.usd_per_hour:.2f}"
    mark = "" if row.is_healthy else "!"
    return (
        mark, row.model, row.environment, row.status, row.replicas, row.version, row.digest,
        "free" if row.emulator else price, "; ".join([*row.drift, *row.notes]),
    )  # fmt: skip


def summary(rows: Sequence[LiveEnvironment]) -> str:
    """Return `3 environments, 1 unhealthy, $1.70 an hour now` and by which prices; an emulator bills nothing."""
    sick = sum(not row.is_healthy for row in rows)
    count = f"{len(rows)} environment{'' if len(rows) == 1 else 's'}"
    health = [f"{sick} unhealthy" if sick else "all healthy"] if rows else []
    return ", ".join([count, *health, *_bill(rows)])


def _bill(rows: Sequence[LiveEnvironment]) -> Iterator[str]:
    if rows and all(row.emulator for row in rows):
        yield "on an emulator: nothing is billed"
        return
    yield f"${sum(row.usd_per_hour or 0 for row in rows):,.2f} an hour now by {LISTED.source}"
    if unpriced := sum(row.usd_per_hour is None for row in rows):
        yield f"{unpriced} of unknown price"


def render_table(rows: Sequence[LiveEnvironment]) -> Iterator[str]:
    """Yield the table's lines, what drifted first in the last column, and the summary."""
    if rows:
        every = [HEADINGS, *map(cells, rows)]
        yield from map(escape_log_line, align(every, right=[_MONEY]))
    yield summary(rows)
