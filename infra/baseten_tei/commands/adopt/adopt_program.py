"""`baseten-tei adopt` for a program that registers its models: code to write, and then the import."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import click

from baseten_tei.commands.adopt.adoption_steps import bring_in, decide_adoptions, import_lines
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import asks, confirm
from baseten_tei.operations.adoption.adoption_decision import Adopted, LeftOut
from baseten_tei.operations.adoption.adoption_plan import (
    Adoptions,
    summarize,
)
from baseten_tei.operations.adoption.program_adoption import divide, name_as_registered
from baseten_tei.operations.adoption.python_code import render_models
from baseten_tei.operations.adoption.yaml_edit import render_block
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.project.registered_models import registered_models
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import Stack
from baseten_tei.project.state import parse_state
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.names import baseten_name

NESTED = (
    "its component is below another one in the program: register it at the top, adopt it, then move it with "
    "pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)"
)


def adopt_into_program(
    workspace: Workspace, found: Stack, names: Sequence[str], given: Mapping[str, bool]
) -> int:
    """Print the code of models that the program does not have, and import those that it has."""
    registered = found.settings.models
    plan, readings = decide_adoptions(workspace, names, _in_state(workspace, registered))
    nested = _find_nested(workspace)
    plan = replace(plan, adopted=[name_as_registered(it, registered) for it in plan.adopted])
    parts = divide([it for it in plan.adopted if it.name not in nested], registered)
    differing = map(_describe_difference, parts.otherwise.items())
    left_out = [
        *plan.left_out,
        *differing,
        *(LeftOut(it, NESTED) for it in sorted(nested & _names(plan))),
    ]
    whole = replace(plan, adopted=parts.to_import, left_out=left_out)
    lines = summarize(whole, "the program", dry_run=given["dry_run"] or asks(given["yes"]))
    told = [*lines, *_code_lines(workspace, parts.to_write)]
    click.echo("\n".join(told) or "there is no model to adopt")
    if parts.to_import and given["dry_run"]:
        click.echo("\n".join(import_lines(workspace, parts.to_import)))
    elif parts.to_import:
        confirm(f"Import the models into stack {workspace.stack!r}?", given["yes"])
        for line in bring_in(workspace, parts.to_import, readings):
            click.echo(line)
    return FINDING if parts.to_write or (names and left_out) else 0


def _find_nested(workspace: Workspace) -> set[str]:
    """Return the models whose URN an import file cannot give, since their parent is not imported with them."""
    urns = registered_models(workspace.root, workspace.stack).urns
    return {name for name, urn in urns.items() if "$" in urn.split("::")[2]}


def _names(plan: Adoptions) -> set[str]:
    return {it.name for it in plan.adopted}


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
