"""`baseten-tei space back`: a model's `previous` becomes current again."""

from pathlib import Path

import click

from baseten_tei.commands.shared.options import dry_run_option, on_a_stack, yes_option
from baseten_tei.commands.space.change import change_spec, read_spec
from baseten_tei.operations.spaces.advance import go_back
from baseten_tei.project.stack import Workspace


@click.command(name="back")
@click.argument("model")
@dry_run_option
@yes_option
@on_a_stack
def command(root: Path, stack: str, model: str, dry_run: bool, yes: bool) -> int:
    """Let MODEL's previous become current again; what is current becomes next, to advance to another time.

    It needs no verification. For a program that registers its own models, the arguments to write are printed. Exits
    with 1 where they are still to be written.
    """
    workspace = Workspace(root, stack)
    before = read_spec(workspace, model)
    after = go_back(model, before)
    return change_spec(workspace, model, before, after, {"dry_run": dry_run, "yes": yes})
