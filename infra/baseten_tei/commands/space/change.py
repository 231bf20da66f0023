"""How `space advance` and `space back` change a spec: in the stack's file, or as lines for a program."""

from collections.abc import Mapping
from typing import Any

import click

from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import confirm
from baseten_tei.errors import UserError, did_you_mean, list_names, naming
from baseten_tei.operations.adoption.python_code import render_keywords
from baseten_tei.operations.adoption.yaml_edit import render_block
from baseten_tei.operations.spaces.advance import without_null
from baseten_tei.operations.spaces.move import check_move, describe_move
from baseten_tei.operations.spaces.spec_edit import rewrite_spec
from baseten_tei.project import generated_files
from baseten_tei.project.registered_models import registered_models
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import has_models, read_stack
from baseten_tei.spec.spec_parser import MODELS

Spec = Mapping[str, Any]


def read_spec(workspace: Workspace, model: str) -> Spec:
    """Return a model's spec as it is written. Raises `UserError` where the stack has none, or it is a wrong one."""
    read_stack(workspace, locked=False)  # every mistake in a spec, in one line each
    specs = (
        workspace.config[MODELS]
        if has_models(workspace)
        else registered_models(workspace.root, workspace.stack).specs
    )
    if model in specs:
        spec: Spec = specs[model]
        return spec
    raise UserError(
        f"stack {workspace.stack!r} has no model {model!r}.{did_you_mean(model, specs)} It has: {list_names(specs)}"
    )


def change_spec(
    workspace: Workspace, model: str, before: Spec, after: Spec, given: Mapping[str, bool]
) -> int:
    """Write a model's changed spec, or print it for a program; return the exit code."""
    check_move(model, before, after, can_protect=not workspace.target.loopback)
    for line in describe_move(model, before, after):
        click.echo(line)
    if not has_models(workspace):
        click.echo("\n".join(_program_lines(workspace, model, after)))
        return FINDING
    with naming(workspace.path.name):
        text = rewrite_spec(workspace.text, model, before, after)
    if given["dry_run"]:
        click.echo(f"\n# would stand in {workspace.path.name}:")
        click.echo(render_block({model: after}, 4).rstrip())
        return 0
    confirm(f"Write {workspace.path.name}?", given["yes"])
    generated_files.write_if_changed(workspace.path, text)
    click.echo(f"wrote {workspace.path.name}: look at `git diff`, then run `pulumi preview`")
    return 0


def _program_lines(workspace: Workspace, model: str, after: Spec) -> list[str]:
    python = workspace.runtime == "python"
    spec = {
        key: it for key, it in (after if python else without_null(after)).items() if key != "task"
    }
    return [
        f"write into the program, as the whole spec of model {model!r}:",
        render_keywords(spec, 4) if python else render_block(spec, 4).rstrip(),
        "then run `pulumi preview`",
    ]
