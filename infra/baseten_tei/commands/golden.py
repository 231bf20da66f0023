"""`baseten-tei golden`: golden vectors from what serves now, which later versions have to agree with."""

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.target import check_emulator, find_api_key
from baseten_tei.commands.shared.command_line import MISTAKE
from baseten_tei.commands.shared.options import FILE, on_a_stack
from baseten_tei.commands.shared.progress import progress, tell
from baseten_tei.deployment.config.truss_config import compute_digest
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError, did_you_mean, list_names
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.operations.status.served_models import served_models
from baseten_tei.operations.status.stored_resources import parse_resources
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import read_stack
from baseten_tei.provider.release.golden.recorder import Outputs, Recorder
from baseten_tei.spec.spaces import find_missing_role, find_resource


def _choose(stack: str, every: Mapping[str, Outputs], names: Sequence[str]) -> dict[str, Outputs]:
    """Return the models to record with their outputs. Raises `UserError` for one that the stack does not have."""
    if not every:
        raise UserError(f"stack {stack!r} serves no models yet: run `pulumi up`")
    if unknown := [name for name in names if name not in every]:
        raise UserError(
            *(
                f"stack {stack!r} serves no model {n!r}.{did_you_mean(n, every)} It serves: {list_names(every)}"
                for n in unknown
            )
        )
    return {name: outputs for name, outputs in every.items() if not names or name in names}


def _make_recorder(workspace: Workspace, own: str | None, subjects: Sequence[Subject]) -> Recorder:
    root, stack, target = workspace.root, workspace.stack, workspace.target
    api_key = find_api_key(target, os.environ)
    revisions = {compute_digest(s.config, s.args.labels): s.args.revision for s in subjects}
    patience = Patience(time.monotonic, time.sleep, partial(click.echo, err=True))

    def begin() -> None:
        if target.embedded:
            ensure_running(target.management_url, root)

    return Recorder(root, stack, target, api_key, revisions, patience, own, begin)


@click.command(name="golden")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--texts",
    type=FILE,
    metavar="FILE",
    help="Texts to ask about, one a line; a reranker's question first.",
)
@on_a_stack
def command(root: Path, stack: str, models: tuple[str, ...], texts: Path | None) -> int:
    """Record what each MODEL answers now, without one all models of the stack.

    Writes golden/<stack>/<model>.json, to be reviewed and committed: from then on a version that answers something
    else is refused. Texts and tolerances of a file that is there are kept. Exits with 2 where a model could not be
    recorded.
    """
    workspace = Workspace(root, stack)
    workspace.check()
    own = read_text(texts) if texts else None
    found = read_stack(workspace)
    state = parse_resources(exported_state(root, stack).get("deployment") or {})
    known = found.settings.models
    if missing := [line for it in models if (line := find_missing_role(known, it))]:
        raise UserError(*missing)
    names = [find_resource(known, it) or it for it in models]
    served = _choose(stack, served_models(state, known), names)
    check_emulator(workspace.target, stack, state.urls)
    subjects = found.settings.subjects
    recorder, failed = _make_recorder(workspace, own, subjects), False
    with progress("models recorded", len(served)) as advance:
        for name, outputs in served.items():
            failed |= not _record(recorder, name, outputs)
            advance(name)
    return MISTAKE if failed else 0


def _record(recorder: Recorder, name: str, outputs: Outputs) -> bool:
    """Record one model and say so; whether it could be."""
    try:
        for line in recorder.record(name, outputs):
            tell(line)
    except UserError as error:
        for line in error.problems:
            click.echo(f"model {name!r}: {line}", err=True)
        return False
    return True
