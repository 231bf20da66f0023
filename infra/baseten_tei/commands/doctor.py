"""`baseten-tei doctor`: what is out of order on Baseten and in a stack's state."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from baseten_tei.baseten.target import check_emulator
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import (
    confirm,
    format_option,
    on_a_stack,
    output_option,
    show,
    yes_option,
)
from baseten_tei.commands.shared.progress import progress
from baseten_tei.operations.diagnosis import (
    ORPHAN,
    Disorder,
    LiveModel,
    find_disorder,
    find_raised,
    serves_nothing,
)
from baseten_tei.operations.scaling.scaling_client import find_left
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.project.stack import Workspace
from baseten_tei.project.state import State, parse_state


def examine(workspace: Workspace) -> list[Disorder]:
    """Return every finding. Raises `UserError`."""
    state = parse_state(exported_state(workspace.root, workspace.stack))
    check_emulator(workspace.target, workspace.stack, state.urls)
    teams = _find_teams(workspace, state)

    def live(model: RemoteModel) -> LiveModel:
        versions, environments = (
            workspace.api.versions(model.id),
            workspace.api.environments(model.id),
        )
        return LiveModel(model.id, model.name, teams[model], versions, environments)

    models = workspace.of_each(list(teams), live)
    found = find_disorder(state, models, state.owner(workspace.owner))
    return [*found, *find_raised(find_left(workspace.root), models)]


def _find_teams(workspace: Workspace, state: State) -> dict[RemoteModel, str | None]:
    """Return the models to look at, each with its team as the state names it: a program may name one for each model."""
    named = {workspace.team, *(team for team, _ in state.models)}
    found: dict[RemoteModel, str | None] = {}
    for team in sorted(
        named, key=lambda it: (it is None, it)
    ):  # without a team all are listed again
        for model in sorted(workspace.api.models(team), key=lambda it: it.name):
            found.setdefault(model, team)
    return found


def delete_orphans(workspace: Workspace, found: Sequence[Disorder]) -> list[Disorder]:
    """Delete each orphan that is still one: since the look a release may have taken it up. Raises `UserError`."""
    deleted = []
    for orphan in (it for it in found if it.kind == ORPHAN):
        if serves_nothing(workspace.api.environments(orphan.model_id), orphan.deployment_id):
            workspace.api.delete_version(orphan.model_id, orphan.deployment_id)
            deleted.append(orphan)
    return deleted


def _as_text(left: Sequence[Disorder], deleted: Sequence[Disorder]) -> str:
    lines = [f"deleted deployment {it.deployment_id} of model {it.model!r}" for it in deleted]
    return "\n".join([*lines, *(it.line for it in left)] or ["nothing is out of order"])


def _as_json(left: Sequence[Disorder], deleted: Sequence[Disorder]) -> str:
    document = {"findings": [asdict(it) for it in left], "deleted": [asdict(it) for it in deleted]}
    return json.dumps(document, indent=2, ensure_ascii=False)


@click.command(name="doctor")
@click.option(
    "--fix", is_flag=True, help="Delete deployments that pushes left behind and nobody needs."
)
@yes_option
@format_option(["text", "json"], "text")
@output_option()
@on_a_stack
def command(root: Path, stack: str, fix: bool, yes: bool, form: str, output: Path | None) -> int:
    """Find what is out of order on Baseten and in a stack's state, a line each.

    It looks for deployments that a push left behind and nobody needs, models that the state lost, environments that
    point at dead deployments, promotions that failed, replicas that a killed backfill left, and operations of Pulumi
    that were cut off. --fix deletes the first kind; never one that serves, is about to, or was pushed by somebody
    else. Exits with 1 where something is out of order, or still is after --fix.
    """
    workspace = Workspace(root, stack, progress)
    workspace.check()
    found = examine(workspace)
    deleted = _delete(workspace, found, yes) if fix else []
    left = [it for it in found if it not in deleted]
    show(_as_json(left, deleted) if form == "json" else _as_text(left, deleted), output)
    return FINDING if left else 0


def _delete(workspace: Workspace, found: Sequence[Disorder], yes: bool) -> list[Disorder]:
    orphans = [it for it in found if it.kind == ORPHAN]
    if orphans:
        count = f"{len(orphans)} deployment{'' if len(orphans) == 1 else 's'}"
        confirm(f"Delete {count} of stack {workspace.stack!r}?", yes)
    return delete_orphans(workspace, orphans)
