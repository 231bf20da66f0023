"""`baseten-tei backfill`: the vectors of a source's rows, written to a store, by the package baseten-tei-client."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.target import find_api_key
from baseten_tei.commands.outputs import read_outputs
from baseten_tei.commands.shared.interrupts import interruptible
from baseten_tei.commands.shared.options import asks, confirm, on_a_stack_unless, yes_option
from baseten_tei.commands.shared.rows_progress import show_rows, tell_duration
from baseten_tei.commands.shared.stores import (
    FORMS,
    check_store,
    client_errors,
    name_journal,
    name_report,
)
from baseten_tei.deployment.money.costs import LISTED, instance_type
from baseten_tei.errors import UserError
from baseten_tei.operations.scaling.scaling_client import (
    Place,
    find_place,
    is_any_left,
    raise_replicas,
)
from baseten_tei.outputs.formats.formats import FORMATS
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import stack_with
from baseten_tei.spec.spaces import ROLES, Role, find_role

if TYPE_CHECKING:
    from baseten_tei_client import Model
    from baseten_tei_client.backfill import Estimate, Sink, Source, Totals


@dataclass(frozen=True)
class Job:
    """What is to be filled from what; `role`: which of the models under the name, if it is said."""

    model: str
    role: Role | None
    source: str
    sink: str
    journal: Path
    report: Path


@dataclass(frozen=True)
class Served:
    """By whom the rows are embedded; `place` is `None` where nothing but outputs is known."""

    outputs: Mapping[str, Any] | str
    key: str | None
    price: float | None
    place: Place | None
    model: str
    role: Role | None


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
@click.option("--id", "id_column", default="id", metavar="COLUMN", help="By which a row is known.")
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
@click.option(
    "--file",
    metavar="FILE",
    help="Outputs as JSON, instead of the stack's. No project is needed.",
)
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
        job = _parse_job(model, given)
        served = (
            _serve_file(str(file), job, given)
            if root is None or stack is None
            else _serve_stack(root, stack, job, given)
        )
        return _run(job, served, given)


def _run(job: Job, served: Served, given: Mapping[str, Any]) -> int:
    from baseten_tei_client.backfill import open_sink, open_source

    with _connect(served, given, None):
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
        _replicas_for_job(served, given) as replicas,
        _connect(served, given, replicas) as model,
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


def describe_totals(totals: "Totals", report: Path) -> str:
    """Return what a backfill came to as a line."""
    return (
        f"{totals.rows:,} rows: {totals.written:,} written, {totals.present:,} there before, {totals.refused:,} "
        f"refused, {totals.repeated:,} with an id that came before; {totals.tokens:,} tokens. Row by row: {report}"
    )


def _estimate(served: Served, source: "Source", given: Mapping[str, Any]) -> str:
    """Return what it will take; the sample is embedded by the replicas that are there now."""
    from baseten_tei_client.backfill import estimate

    wanted, now = given["replicas"], None
    if wanted and served.place:
        current = served.place.read().current
        now = max(1, current.replicas if current else 1)
    with _connect(served, given, now) as model:
        told = estimate(
            model, source, replicas=wanted and max(wanted, now or 1), sample_replicas=now,
            usd_per_minute=served.price,
        )  # fmt: skip
    return describe_estimate(told, given["share"])


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


def _parse_job(model: str, given: Mapping[str, Any]) -> Job:
    """Return the job. Raises `UserError` for a sink that is missing, or a password in it, which argv would show."""
    name, _, end = model.rpartition(".")
    role: Role | None = next((it for it in ROLES if it == end), given["space"])
    name = name if end in ROLES else model
    sink = given["sink"] or ""
    if not sink and not given["only_estimate"]:
        raise UserError(f"--to is missing, where the vectors go. {FORMS}")
    check_store("--to", sink)
    journal = given["journal"] or name_journal(model, name, role, sink)
    return Job(name, role, given["source"], sink, journal, name_report(journal))


def _serve_file(file: str, job: Job, given: Mapping[str, Any]) -> Served:
    """Return what outputs alone tell. Raises `UserError` for what needs the stack."""
    if given["replicas"]:
        raise UserError(
            "--replicas changes autoscaling on Baseten, for which a file of outputs is not enough: run this in the "
            "project's folder, without --file"
        )
    return Served(file, None, given["usd_per_minute"], None, job.model, job.role)


def _serve_stack(root: Path, stack: str, job: Job, given: Mapping[str, Any]) -> Served:
    """Return a stack's outputs and key, the price of the model's instance, and where its replicas are."""
    workspace = Workspace(root, stack)
    target = workspace.target
    if target.embedded:
        ensure_running(target.management_url, root)
    name = f"{job.model}.{job.role}" if job.role else job.model
    found, resource = stack_with(root, stack, name)
    args, usd = found.settings.models[resource], given["usd_per_minute"]
    place = None
    if given["replicas"] or is_any_left(root):
        team = found.teams.get(resource) or workspace.team
        place = find_place(workspace, resource, args, team, given["environment"], _tell)
    outputs = json.loads(FORMATS["json"](read_outputs(root, stack, None), ""))
    price = LISTED.of(instance_type(args)) if usd is None else usd
    model, role = find_role(found.settings.models, resource)
    return Served(outputs, find_api_key(target, os.environ), price, place, model, role)


def _tell(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def _replicas_for_job(served: Served, given: Mapping[str, Any]) -> Iterator[int | None]:
    if served.place is None:
        yield None
        return
    with raise_replicas(served.place, given["replicas"]) as replicas:
        yield replicas


@contextmanager
def _connect(served: Served, given: Mapping[str, Any], replicas: int | None) -> Iterator["Model"]:
    from baseten_tei_client import connect

    model = connect(
        served.model, space=served.role, outputs=served.outputs, api_key=served.key,
        environment=given["environment"], share=given["share"], replicas=replicas,
    )  # fmt: skip
    try:
        yield model
    finally:
        model.close()
