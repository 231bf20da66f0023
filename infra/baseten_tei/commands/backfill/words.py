"""What a backfill is expected to take, and came to, as lines."""

from pathlib import Path
from typing import TYPE_CHECKING

from baseten_tei.commands.shared.rows_progress import tell_duration

if TYPE_CHECKING:
    from baseten_tei_client.backfill import Estimate, Totals


def describe_totals(totals: "Totals", report: Path) -> str:
    """Return what a backfill came to as a line."""
    return (
        f"{totals.rows:,} rows: {totals.written:,} written, {totals.present:,} there before, {totals.refused:,} "
        f"refused, {totals.repeated:,} with an id that came before; {totals.tokens:,} tokens. Row by row: {report}"
    )


def describe_estimate(told: "Estimate", share: float) -> str:
    """Return an estimate as lines for people."""
    rows = told.rows / (told.hours * 3600)
    cost = "unknown: give --usd-per-minute"
    if told.usd is not None:
        cost = f"${told.usd:,.2f} ({told.replicas} x ${told.usd_per_minute:.5g} a minute)"
    return "\n".join((
        f"rows      {told.rows:,} ({told.characters:,} characters)",
        f"tokens    about {told.tokens:,}, as in {told.sample:,} rows",
        f"rate      {rows:,.0f} rows/s, {told.tokens_per_second:,.0f} tokens/s, with {share:g} of the permits",
        f"time      about {tell_duration(told.hours * 3600)}",
        f"cost      {cost}",
    ))  # fmt: skip
