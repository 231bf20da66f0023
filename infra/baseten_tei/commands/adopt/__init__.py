"""`baseten-tei adopt`: take models that run already into a stack."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from baseten_tei.commands.adopt.adopt_program import adopt_into_program
from baseten_tei.commands.adopt.adoption_steps import bring_in, decide_adoptions, import_lines
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import (
    asks,
    confirm,
    dry_run_option,
    on_a_stack,
    yes_option,
)
from baseten_tei.commands.shared.progress import progress
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.lock_changes import Readings
from baseten_tei.operations.adoption.adoption_plan import (
    Adoptions,
    summarize,
)
from baseten_tei.operations.adoption.yaml_edit import add_key, add_models, render_block
from baseten_tei.project import generated_files
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import read_stack
from baseten_tei.spec.hf_token import TOKEN_KEY, VARIABLE
from baseten_tei.spec.spec_parser import MODELS

FROM_ENVIRONMENT = {"from_env": VARIABLE}
"""The token of an adopted secret is wherever it is: the state and the configuration need none of it."""


def carry_out(workspace: Workspace, plan: Adoptions, readings: Readings) -> Iterator[str]:
    """Write the configuration, the lock and the imports, and import: what was done, a line each."""
    if not plan.adopted:
        return
    generated_files.write_if_changed(workspace.path, _edit_stack_file(workspace, plan))
    yield f"wrote {workspace.path.name}"
    yield from bring_in(workspace, plan.adopted, readings)


def _edit_stack_file(workspace: Workspace, plan: Adoptions) -> str:
    text = add_models(workspace.text, _entries(plan))
    gated = any(it.args.gated for it in plan.adopted)
    return add_key(text, TOKEN_KEY, FROM_ENVIRONMENT) if gated else text


def _entries(plan: Adoptions) -> Mapping[str, Mapping[str, Any]]:
    return {it.name: it.entry for it in plan.adopted}


def _preview_lines(workspace: Workspace, plan: Adoptions) -> Iterator[str]:
    if plan.adopted:
        yield f"\n# would go into {workspace.path.name}:"
        yield render_block({MODELS: _entries(plan)}, 2).rstrip()
        yield from import_lines(workspace, plan.adopted)


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
        return adopt_into_program(workspace, found, models, {"dry_run": dry_run, "yes": yes})
    plan, readings = decide_adoptions(workspace, models, found.settings.models)
    lines = summarize(plan, workspace.path.name, dry_run=dry_run or asks(yes))
    click.echo("\n".join(lines) or "there is no model to adopt")
    if plan.adopted and not dry_run:
        confirm(f"Write {workspace.path.name} and import the models into stack {stack!r}?", yes)
    for line in (
        _preview_lines(workspace, plan) if dry_run else carry_out(workspace, plan, readings)
    ):
        click.echo(line)
    return FINDING if models and plan.left_out else 0
