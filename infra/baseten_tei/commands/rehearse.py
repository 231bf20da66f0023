"""`baseten-tei rehearse`: stacks as they would be, on an emulator, each model called."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.interrupts import interruptible
from baseten_tei.commands.shared.options import format_option, on_stacks, output_option, show
from baseten_tei.commands.shared.progress import progress, tell
from baseten_tei.operations.rehearsal.project_files import read_stack, read_stack_at
from baseten_tei.operations.rehearsal.rehearsal_report import RehearsalReport, render_text
from baseten_tei.operations.rehearsal.rehearse_process import Rehearsal, rehearse
from baseten_tei.program.prepare import ready
from baseten_tei.project import git
from baseten_tei.project.registered_models import registered_models
from baseten_tei.project.stack_settings import wanted_stacks


def _plan_rehearsals(root: Path, names: Sequence[str], revision: str | None) -> Iterator[Rehearsal]:
    """Yield what to rehearse, before anything is begun. Raises `UserError`."""
    commit = git.commit_of(root, revision) if revision else git.merge_base(root)
    for stack in wanted_stacks(root, names):
        present = read_stack(root, stack.name)
        base = read_stack_at(root, commit, stack.name) if commit else None
        program = registered_models(root, stack.name) if stack.from_program else None
        same = base == present and not (program and commit and git.differs(root, commit))
        if same and not revision:
            base = None  # nothing changed, so there is nothing to compare
        ready(stack.settings.subjects)
        yield Rehearsal(root, stack.name, stack.settings, present, base, commit, program)


def _as_json(reports: Sequence[RehearsalReport]) -> str:
    document = {"stacks": [report.as_json() for report in reports]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


@click.command(name="rehearse")
@click.option(
    "--base", metavar="REV", help="Commit to compare with.  [default: where HEAD left main]"
)
@format_option(["table", "json"], "table")
@output_option()
@on_stacks
def command(
    root: Path, stacks: tuple[str, ...], base: str | None, form: str, output: Path | None
) -> int:
    """Bring stacks up on an emulator, call each model, and destroy them again (docs/rehearsal.md).

    Each stack gets an emulator of its own, whatever target it is written for. Where the base has the stack, that comes
    first, and both are compared. Needs no account, no GPU and no token, and touches nothing of the project's own state.
    Exits with 1 where a model does not answer as it should.
    """
    with interruptible("the emulator, and all that was on it, is gone"):
        scripts = list(_plan_rehearsals(root, stacks, base))
        reports = []
        with progress("steps", sum(script.steps for script in scripts)) as advance:
            for script in scripts:
                reports.append(rehearse(script, os.environ, advance))
                if form == "table" or output is not None:  # a file of JSON leaves the terminal free
                    tell(render_text(reports[-1]))
    if form == "json" or output is not None:
        show(_as_json(reports) if form == "json" else "\n".join(map(render_text, reports)), output)
    return 0 if all(report.passed for report in reports) else FINDING
