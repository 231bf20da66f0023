"""`baseten-tei tune`: the settings with which a model does most, by measuring."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from baseten_tei.baseten import machine_locks
from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.commands.shared.interrupts import interruptible
from baseten_tei.commands.shared.options import (
    confirm,
    dry_run_option,
    on_a_stack_unless,
    yes_option,
)
from baseten_tei.commands.shared.progress import progress, tell
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import is_there, read_text
from baseten_tei.operations.tuning.derive_autoscaling import Wish
from baseten_tei.operations.tuning.emulator_pace_client import check_pace
from baseten_tei.operations.tuning.load_texts import DISTRIBUTIONS, generate_texts, read_texts
from baseten_tei.operations.tuning.scratch_client import Scratch, delete_leftovers, find_leftovers
from baseten_tei.operations.tuning.tuning_client import Tuning
from baseten_tei.operations.tuning.tuning_plan import TuningPlan
from baseten_tei.operations.tuning.url_client import measure_url
from baseten_tei.program.prepare import ready
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import Stack, stack_with

TEXTS = 4096
"""Different texts that are made ready; they are sent in turn."""
TEXTS_HELP = f"{', '.join(DISTRIBUTIONS)}, or a file, one text a line."


@click.command(name="tune")
@click.argument("model", required=False)
@click.option("--texts", default="passages", metavar="KIND|FILE", help=TEXTS_HELP)
@click.option(
    "--texts-per-request",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    show_default="all that it may have",
    help="Texts in a request.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    help="Of load for each probe.",
)
@click.option("--probes", type=click.IntRange(min=2), default=12, help="Most settings to try.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=3.0,
    metavar="PERCENT",
    help="What makes no difference.",
)
@click.option(
    "--peak", type=float, metavar="TEXTS/S", help="Derive autoscaling for so many texts a second."
)
@click.option(
    "--slo-ms", type=float, metavar="MS", help="In which 95 of 100 requests are to be answered."
)
@click.option("--cold-start", type=int, default=120, metavar="SECONDS", help="Of a replica.")
@click.option("--seed", type=int, default=0, help="Of the texts and their order.")
@click.option("--url", help="Measure this router, and deploy nothing. No project is needed.")
@click.option("--clean", is_flag=True, help="Only delete what killed runs left behind.")
@click.option(
    "--no-write", is_flag=True, help="Measure, and leave the stack's configuration as it is."
)
@dry_run_option
@yes_option
@on_a_stack_unless("url")
def command(
    root: Path | None, stack: str | None, model: str | None, url: str | None, **given: Any
) -> int:
    """Find the settings with which MODEL does most, by measuring (docs/tuning.md).

    Each of some settings is tried on a deployment of its own, which is deleted again, under a load of texts of
    realistic length. The best go into Pulumi.<stack>.yaml, to be reviewed, with the evidence in
    benchmarks/results/tune; with --peak and --slo-ms, autoscaling settings as well.
    """
    with interruptible("what was deployed for it is deleted"):
        if root is None or stack is None:
            return measure_url(str(url), _load_texts(given), _parse_plan(given), tell)
        workspace = Workspace(root, stack, progress)
        workspace.check()
        if given["clean"]:
            _clean(workspace, model, given)
        elif model is None:
            raise UserError("name the model to tune, e.g. baseten-tei tune bge")
        else:
            found, name = stack_with(root, stack, model)
            of_team = replace(workspace, program_team=found.teams.get(name))
            _tune(of_team, _judge(found, name), given)
    return 0


def _tune(workspace: Workspace, subject: Subject, given: Mapping[str, Any]) -> None:
    plan, texts = _parse_plan(given), _load_texts(given)
    scratch = Scratch(workspace, subject.name, subject.args, tell)
    if given["dry_run"]:
        Tuning(workspace, subject, scratch, texts, plan, tell).begin()
        return
    _check_pace(workspace)
    confirm(f"Deploy up to {plan.probes + 1} times for {subject.name!r}?", given["yes"])
    with (
        machine_locks.one_at_a_time(
            f"{workspace.target.management_url} {workspace.owner}", machine_locks.TUNING
        ),
        progress("deployments", plan.probes + 1) as advance,
    ):
        for name in delete_leftovers(workspace, subject.name):
            tell(f"deleted {name}, which an earlier run left behind")
        Tuning(workspace, subject, scratch, texts, plan, tell, advance).run()


def _check_pace(workspace: Workspace) -> None:
    """Raise `UserError` where the stack is on an emulator that answers at once."""
    target = workspace.target
    if target.embedded:
        ensure_running(target.management_url, workspace.root)
    if target.loopback:
        check_pace(target.management_url, for_every_model=True)


def _clean(workspace: Workspace, name: str | None, given: Mapping[str, Any]) -> None:
    dry_run = given["dry_run"]
    scratch = (
        [it.name for it in find_leftovers(workspace, name)]
        if dry_run
        else delete_leftovers(workspace, name)
    )
    would = "would delete" if dry_run else "deleted"
    for it in scratch:
        tell(f"{would} {it}, which an earlier run left behind")
    if not scratch:
        whose = f"model {name!r}" if name else "any model"
        tell(f"stack {workspace.stack!r}: no run left anything of {whose} behind")


def _judge(found: Stack, name: str) -> Subject:
    """Return the model, its sizes derived, and checked. Raises `UserError`."""
    return ready([it for it in found.settings.subjects if it.name == name])[name].subject


def _parse_plan(given: Mapping[str, Any]) -> TuningPlan:
    """Return what a tuning is asked to do. Raises `UserError` for options that do not go together."""
    if (given["peak"] is None) != (given["slo_ms"] is None):
        raise UserError("--peak and --slo-ms go together: how many texts a second, how soon")
    wish = given["peak"] and Wish(given["peak"], given["slo_ms"], given["cold_start"])
    return TuningPlan(
        wish=wish or None,
        texts=given["texts"],
        texts_per_request=given["texts_per_request"],
        seconds=given["seconds"],
        probes=given["probes"],
        tolerance=given["tolerance"] / 100,
        seed=given["seed"],
        write=not given["no_write"],
    )


def _load_texts(given: Mapping[str, Any]) -> list[str]:
    """Return the texts to send. Raises `UserError` for a name that is neither a distribution nor a file."""
    if given["texts"] in DISTRIBUTIONS:
        return generate_texts(given["texts"], TEXTS, given["seed"])
    path = Path(given["texts"])
    if not is_there(path):
        known = ", ".join(DISTRIBUTIONS)
        raise UserError(f"--texts {given['texts']!r} is neither a file nor one of {known}")
    text = read_text(path)
    with naming(path):
        return read_texts(text, TEXTS, given["seed"])
