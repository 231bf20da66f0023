"""`baseten-tei adopt`: take models that run already into a stack."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.commands import lock
from baseten_tei.commands.command_line import FINDING
from baseten_tei.commands.options import asks, confirm, dry_run_option, on_a_stack, yes_option
from baseten_tei.commands.progress import progress
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.hub_client import Hub
from baseten_tei.facts.hub.lock_changes import Readings, list_problems
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.operations.adoption.adoption_decision import Adopted, LeftOut, decide_adoption
from baseten_tei.operations.adoption.adoption_plan import (
    Adoptions,
    find_candidates,
    plan_adoptions,
    summarize,
)
from baseten_tei.operations.adoption.found_model import FoundModel
from baseten_tei.operations.adoption.import_file import component_urn, import_file, state_id_urn
from baseten_tei.operations.adoption.program_adoption import divide
from baseten_tei.operations.adoption.python_code import render_models
from baseten_tei.operations.adoption.yaml_edit import add_key, add_models, render_block
from baseten_tei.project import generated_files
from baseten_tei.project.pulumi_cli import exported_state, run
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import Stack, read_stack
from baseten_tei.project.state import parse_state
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME, TOKEN_KEY, VARIABLE
from baseten_tei.spec.names import baseten_name
from baseten_tei.spec.spec_parser import MODELS

FROM_ENVIRONMENT = {"from_env": VARIABLE}
"""The token of an adopted secret is wherever it is: the state and the configuration need none of it."""


def decide_adoptions(
    workspace: Workspace, names: Sequence[str], known: Mapping[str, ModelArgs]
) -> tuple[Adoptions, Readings]:
    """Return the decision on each model, and what the Hub said of those that are adopted. Raises `UserError`.

    `known` are the models that the stack has already.
    """
    looked_at, several, there = find_candidates(workspace.models(), names, known)
    found = workspace.of_each(looked_at, partial(_read_model, workspace))
    has_secret = workspace.api.find_secret(SECRET_NAME, workspace.team) is not None
    decide = partial(
        decide_adoption, owner=workspace.state_owner, by_name=bool(names), has_secret=has_secret
    )
    locked = generated_files.locked_facts(workspace.root, workspace.stack)
    readings = _read_hub(locked, [decide(it) for it in found])
    decisions = [decide(it, lock={**locked, **readings.facts}) for it in found]
    plan = plan_adoptions(decisions, known)
    return replace(plan, left_out=[*several, *plan.left_out], there=there), readings


def carry_out(workspace: Workspace, plan: Adoptions, readings: Readings) -> Iterator[str]:
    """Write the configuration, the lock and the imports, and import: what was done, a line each."""
    if not plan.adopted:
        return
    generated_files.write_if_changed(workspace.path, _edit_stack_file(workspace, plan))
    yield f"wrote {workspace.path.name}"
    yield from bring_in(workspace, plan.adopted, readings)


def bring_in(workspace: Workspace, adopted: Sequence[Adopted], readings: Readings) -> Iterator[str]:
    """Write the lock and the imports, and import models that the stack has."""
    yield from _write_lock(workspace, adopted, readings)
    path = workspace.root / f"imports-{workspace.stack}.json"
    content = import_file(adopted, workspace.team)
    generated_files.write_if_changed(path, json.dumps(content, indent=2) + "\n")
    yield f"wrote {path.name}"
    steps = _pulumi_steps(workspace, adopted, path.name)
    for place, step in enumerate(steps):
        try:
            run(workspace.root, workspace.stack, *step)
        except UserError as error:
            left = [f"  pulumi {' '.join(it)} --stack {workspace.stack}" for it in steps[place:]]
            raise UserError(*error.problems, "fix that, then run:", *left) from error
        yield f"pulumi {step[0]}: done"
    if any(it.args.gated for it in adopted):
        yield f"the first `pulumi up` that finds {VARIABLE} set stores it as secret {SECRET_NAME}, once"
    yield f"`pulumi preview --stack {workspace.stack}` shows no changes now; nothing on Baseten was changed"


def _read_model(workspace: Workspace, model: RemoteModel) -> FoundModel:
    environments = tuple(workspace.api.environments(model.id))
    ids = {it.current.id for it in environments if it.current}
    configs = {it: workspace.api.config(model.id, it) for it in sorted(ids)}
    return FoundModel(model.name, environments, configs)


def _read_hub(known: Lock, decisions: Sequence[Adopted | LeftOut]) -> Readings:
    adopted = [it for it in decisions if isinstance(it, Adopted)]
    keys = {(it.args.model_id, it.entry.get("revision", "main")) for it in adopted} - known.keys()
    return lock.read(Hub.from_environment(), sorted(keys)) if keys else Readings()


def _write_lock(
    workspace: Workspace, adopted: Sequence[Adopted], readings: Readings
) -> Iterator[str]:
    """Write the lock's new entries; without them a preview works too, and checks less."""
    if readings.facts:
        names = [it.name for it in adopted]
        yield from lock.write(
            workspace.root, lock.select_stacks(workspace.root, [workspace.stack], names), readings
        )
    for problem in list_problems(readings):
        yield f"not locked: {problem}; then run `baseten-tei lock`"


def _edit_stack_file(workspace: Workspace, plan: Adoptions) -> str:
    text = add_models(workspace.text, _entries(plan))
    gated = any(it.args.gated for it in plan.adopted)
    return add_key(text, TOKEN_KEY, FROM_ENVIRONMENT) if gated else text


def _entries(plan: Adoptions) -> Mapping[str, Mapping[str, Any]]:
    return {it.name: it.entry for it in plan.adopted}


def _pulumi_steps(workspace: Workspace, adopted: Sequence[Adopted], file: str) -> list[list[str]]:
    """Return what brings the resources into the state, and then the components' own inputs: the engine calls nobody."""
    protect = f"--protect={str(not workspace.target.loopback).lower()}"
    options = ["--yes", "--skip-preview"]
    owner = workspace.owner
    urns = [state_id_urn(owner), *(component_urn(owner, it) for it in adopted)]
    targets = [word for urn in urns for word in ("--target", urn)]
    imported = ["import", "--file", file, "--generate-code=false", protect, *options]
    return [imported, ["up", *options, *targets]]


def _preview_lines(workspace: Workspace, plan: Adoptions) -> Iterator[str]:
    if plan.adopted:
        yield f"\n# would go into {workspace.path.name}:"
        yield render_block({MODELS: _entries(plan)}, 2).rstrip()
        yield from _import_lines(workspace, plan.adopted)


def _import_lines(workspace: Workspace, adopted: Sequence[Adopted]) -> Iterator[str]:
    yield f"\n# would be imported (imports-{workspace.stack}.json):"
    resources = import_file(adopted, workspace.team)["resources"]
    yield from (f"{it['type']} {it.get('id') or it['logicalName']}" for it in resources)


def _adopt_into_program(
    workspace: Workspace, found: Stack, names: Sequence[str], given: Mapping[str, bool]
) -> int:
    """Print the code of models that the program does not have, and import those that it has."""
    registered = found.settings.models
    plan, readings = decide_adoptions(workspace, names, _in_state(workspace, registered))
    parts = divide(plan.adopted, registered)
    left_out = [*plan.left_out, *map(_describe_difference, parts.otherwise.items())]
    whole = replace(plan, adopted=parts.to_import, left_out=left_out)
    lines = summarize(whole, dry_run=given["dry_run"] or asks(given["yes"]))
    told = [*lines, *_code_lines(workspace, parts.to_write)]
    click.echo("\n".join(told) or "there is no model to adopt")
    if parts.to_import and given["dry_run"]:
        click.echo("\n".join(_import_lines(workspace, parts.to_import)))
    elif parts.to_import:
        confirm(f"Import the models into stack {workspace.stack!r}?", given["yes"])
        for line in bring_in(workspace, parts.to_import, readings):
            click.echo(line)
    return FINDING if parts.to_write or (names and left_out) else 0


def _in_state(workspace: Workspace, registered: Mapping[str, ModelArgs]) -> dict[str, ModelArgs]:
    """Return those of a program's models that an `up` or an import has brought into the stack's state."""
    state = parse_state(exported_state(workspace.root, workspace.stack))
    there = {name for _, name in state.models}
    return {name: it for name, it in registered.items() if baseten_name(name, it) in there}


def _describe_difference(found: tuple[str, Sequence[str]]) -> LeftOut:
    name, keys = found
    return LeftOut(
        name,
        f"the program registers it with another {', '.join(keys)} than it runs with: remove it there, and run this "
        "again for the code that is the same",
    )


def _code_lines(workspace: Workspace, to_write: Sequence[Adopted]) -> Iterator[str]:
    if not to_write:
        return
    entries = {it.name: it.entry for it in to_write}
    python = workspace.runtime == "python"
    yield f"\n# write into the program{'' if python else ', in its language'}:"
    yield render_models(entries, workspace.team) if python else render_block(entries).rstrip()
    again = " ".join(["baseten-tei adopt", *entries, "--stack", workspace.stack])
    yield f"\n# then run this, which brings them into the state, so that nothing is created: {again}"


@click.command(name="adopt")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--all", "every", is_flag=True, help="Adopt every TEI model that the API key sees.")
@dry_run_option
@yes_option
@on_a_stack
def command(
    root: Path, stack: str, models: tuple[str, ...], every: bool, dry_run: bool, yes: bool
) -> int:
    """Take models that run already into a stack, by their names on Baseten.

    Each becomes an entry of Pulumi.<stack>.yaml, pinned to what it serves, and its resources are brought into the
    state, so that the first `pulumi preview` shows no changes. For a program that registers its own models, the code to
    write is printed first; once it is there, the same command brings the resources into the state. Nothing on Baseten
    changes: it is only read. Exits with 1 where a model that was named is left out, or code is still to be written.
    """
    if bool(models) == every:
        raise UserError("name the models to adopt, or write --all")
    workspace = Workspace(root, stack, progress)
    found = read_stack(workspace, locked=False)
    if found.from_program:
        return _adopt_into_program(workspace, found, models, {"dry_run": dry_run, "yes": yes})
    plan, readings = decide_adoptions(workspace, models, found.settings.models)
    lines = summarize(plan, dry_run=dry_run or asks(yes))
    click.echo("\n".join(lines) or "there is no model to adopt")
    if plan.adopted and not dry_run:
        confirm(f"Write {workspace.path.name} and import the models into stack {stack!r}?", yes)
    for line in (
        _preview_lines(workspace, plan) if dry_run else carry_out(workspace, plan, readings)
    ):
        click.echo(line)
    return FINDING if models and plan.left_out else 0
