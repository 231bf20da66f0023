"""`baseten-tei stacks`: the stacks with models."""

import json
from pathlib import Path

import click

from baseten_tei.commands.shared.options import in_a_project
from baseten_tei.project.stack_names import on_an_account, stack_names


@click.command(name="stacks")
@click.option(
    "--deployable",
    is_flag=True,
    help="Only those on a real account, which a merge deploys: no emulator's.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print them as a list in one line, for a workflow's matrix.",
)
@in_a_project
def command(root: Path, deployable: bool, as_json: bool) -> None:
    """List the stacks with models, a name a line."""
    names = on_an_account(root) if deployable else stack_names(root)
    if as_json or names:
        click.echo(json.dumps(names) if as_json else "\n".join(names))
