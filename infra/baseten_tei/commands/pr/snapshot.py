"""`baseten-tei pr snapshot`: a stack's state without its secrets, for pull requests."""

import os
import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click

from baseten_tei.commands.shared.command_line import Group
from baseten_tei.commands.shared.options import (
    FILE,
    FOLDER,
    in_a_project,
    on_a_stack,
    output_option,
    show,
)
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.project import git
from baseten_tei.project.copies.secure_values import UNCHANGED, secure_values
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_names import stack_names
from baseten_tei.provider.resources.secret_value import fingerprint
from baseten_tei.review.forges.choose_forge import choose_forge
from baseten_tei.review.snapshots.state_snapshot import Snapshot, parse_snapshot, snapshot_of
from baseten_tei.review.snapshots.throwaway_project import make_throwaway

SECRETS = ("BASETEN_API_KEY", "HF_ACCESS_KEY", "HF_TOKEN", "PULUMI_ACCESS_TOKEN", "GITHUB_TOKEN")
_SHORTEST = 16
"""A shorter value is not a credential: the emulator's key is a word that occurs everywhere in a state."""


def export_snapshot(workspace: Workspace, commit: str, environ: Mapping[str, str]) -> Snapshot:
    """Return the stack's snapshot as of now. Raises `UserError`."""
    return snapshot_of(
        exported_state(workspace.root, workspace.stack),
        stack=workspace.stack,
        commit=commit,
        secure=secure_values(workspace.config),
        fingerprint=fingerprint(UNCHANGED),
        known_secrets=[it for name in SECRETS if len(it := environ.get(name, "")) >= _SHORTEST],
    )


def read_snapshot(path: Path) -> Snapshot:
    """Return a snapshot's file. Raises `UserError`."""
    return parse_snapshot(read_text(path), str(path))


@click.group(name="snapshot", cls=Group)
def command() -> None:
    """Export, fetch and restore states without secrets, so that a preview needs no credential."""


@command.command(name="export")
@click.option("--commit", default="", metavar="SHA", help="The commit that was deployed, in full.")
@output_option()
@on_a_stack
def export_command(root: Path, stack: str, commit: str, output: Path | None) -> None:
    """Print or write a stack's state, with a placeholder for every secret.

    No passphrase is needed, and none could be guessed from it.
    """
    workspace = Workspace(root, stack)
    workspace.check()
    found = export_snapshot(workspace, commit, os.environ)
    show(found.model_dump_json(indent=1) + "\n", output)


@command.command(name="fetch")
@output_option(FOLDER, Path("snapshots"))
@in_a_project
def fetch_command(root: Path, output: Path) -> None:
    """Get the snapshots that the last deployments of the default branch left."""
    names = stack_names(root)
    there = choose_forge(os.environ, folder=git.folder_in_repository(root))
    for stack in names:
        text = there.calls.retry(partial(there.fetch_snapshot, stack))
        if text is None:
            click.echo(f"{stack}: no deployment has left a snapshot")
            continue
        path = output / f"{stack}.json"
        parse_snapshot(text, path.name)
        write_whole(path, text)
        click.echo(f"{stack}: wrote {path}")


@command.command(name="restore")
@click.option("--into", type=FOLDER, required=True, metavar="FOLDER", help="A new folder.")
@click.argument("file", type=FILE, required=False)
@on_a_stack
def restore_command(root: Path, stack: str, into: Path, file: Path | None) -> None:
    """Make a folder in which `pulumi preview` works against a snapshot, without any credential.

    FILE is the snapshot; without it the stack is empty. Prints what to run.
    """
    workspace = Workspace(root, stack)
    workspace.check()
    found = read_snapshot(file) if file else None
    made = make_throwaway(workspace, found, into.absolute(), os.environ)
    given = {name: it for name, it in made.environment.items() if os.environ.get(name) != it}
    words = " ".join(f"{name}={shlex.quote(it)}" for name, it in sorted(given.items()))
    folder = shlex.quote(str(made.folder))
    click.echo(f"cd {folder} && env {words} pulumi preview --stack {made.stack}")
