"""`baseten-tei backfill`: the vectors of a source's rows, written to a store, by the package baseten-tei-client."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baseten_tei.commands.backfill.job import Job, parse_job
from baseten_tei.commands.backfill.served import (
    Served,
    connect_served,
    replicas_for_job,
    serve_file,
    serve_stack,
)
from baseten_tei.commands.backfill.words import describe_estimate, describe_totals
from baseten_tei.commands.shared.interrupts import interruptible
from baseten_tei.commands.shared.options import asks, confirm, on_a_stack_unless, yes_option
from baseten_tei.commands.shared.rows_progress import show_rows
from baseten_tei.commands.shared.stores import FORMS, client_errors, file_option, id_option
from baseten_tei.spec.spaces import ROLES

if TYPE_CHECKING:
    from baseten_tei_client import Model
    from baseten_tei_client.backfill import Sink, Source


@click.command(name="backfill")
@click.argument("model")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="FILE",
    help="Parquet, JSON Lines or CSV; also a folder or a pattern of them, here or in s3://, gs://, abfs://.",
)
@click.option("--to", "sink", metavar="SINK", help=FORMS)
@id_option
@click.option("--text", "text_column", default="text", metavar="COLUMN", help="What is embedded.")
@click.option(
    "--payload", multiple=True, metavar="COLUMN", help="Kept beside the vector; may be repeated."
)
@click.option(
    "--space",
    type=click.Choice(ROLES),
    help="Which of the models under the name.  [default: current]",
    show_default=False,
)
@click.option("--environment", metavar="NAME", help="Another environment than the model's own.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    help="Part of the replicas' permits to use.",
)
@click.option(
    "--replicas",
    type=click.IntRange(min=1),
    metavar="N",
    help="Raise the environment to so many for the job, and set what was before at its end.",
)
@click.option(
    "--chunk",
    type=click.IntRange(min=1),
    default=2048,
    metavar="ROWS",
    help="Embedded and written at once.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="By which it goes on after a kill.  [default: backfill-MODEL-….db here]",
    show_default=False,
)
@click.option(
    "--estimate",
    "only_estimate",
    is_flag=True,
    help="Only tell rows, tokens, hours and dollars; write nothing.",
)
@click.option(
    "--usd-per-minute",
    type=click.FloatRange(min=0),
    metavar="USD",
    help="Of a replica.  [default: the price list's]",
    show_default=False,
)
@file_option
@yes_option
@on_a_stack_unless("file")
def command(
    root: Path | None, stack: str | None, model: str, file: str | None, **given: Any
) -> int:
    """Embed the rows of a source with MODEL, and write the vectors to a store (docs/backfill.md).

    Rows that the store has are left out, so the same command goes on after whatever ended it, and catches up later.
    MODEL may name the one that is to follow: search.next. A new job at a terminal shows an estimate, for which some
    rows are embedded, and asks. Truncated and refused rows are listed in a report beside the journal.
    """
    with client_errors("backfill"), interruptible("the same command goes on with it"):
        job = parse_job(model, given)
        served = (
            serve_file(str(file), job, given)
            if root is None or stack is None
            else serve_stack(root, stack, job, given)
        )
        return _run(job, served, given)


def _run(job: Job, served: Served, given: Mapping[str, Any]) -> int:
    from baseten_tei_client.backfill import open_sink, open_source

    with connect_served(served, given, None):
        pass  # sends nothing, and a wrong name is told before a store is opened
    columns = {"id": given["id_column"], "text": given["text_column"], "payload": given["payload"]}
    source = open_source(job.source, **columns)
    if given["only_estimate"]:
        click.echo(_estimate(served, source, given))
        return 0
    sink = open_sink(job.sink)
    if asks(given["yes"]) and not job.journal.exists():
        click.echo(_estimate(served, source, given), err=True)
        confirm(f"Fill {sink.name}?", given["yes"])
    with (
        replicas_for_job(served, given) as replicas,
        connect_served(served, given, replicas) as model,
    ):
        return _fill(job, model, source, sink, given)


def _fill(
    job: Job, model: "Model", source: "Source", sink: "Sink", given: Mapping[str, Any]
) -> int:
    from baseten_tei_client.backfill import backfill

    with show_rows(f"backfill {job.model}") as advance:
        totals = backfill(
            model, source, sink, journal=job.journal, report=job.report, chunk=given["chunk"],
            progress=lambda it: advance(it.rows, it.of, it.rows_per_second, it.seconds_left),
        )  # fmt: skip
    click.echo(describe_totals(totals, job.report))
    return 0


def _estimate(served: Served, source: "Source", given: Mapping[str, Any]) -> str:
    """Return what it will take; the sample is embedded by the replicas that are there now."""
    from baseten_tei_client.backfill import estimate

    wanted, now = given["replicas"], None
    if wanted and served.place:
        current = served.place.read().current
        now = max(1, current.replicas if current else 1)
    with connect_served(served, given, now) as model:
        told = estimate(
            model, source, replicas=wanted and max(wanted, now or 1), sample_replicas=now,
            usd_per_minute=served.price,
        )  # fmt: skip
    return describe_estimate(told, given["share"])
