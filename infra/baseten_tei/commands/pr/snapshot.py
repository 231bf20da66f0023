"""`python -m baseten_tei.commands.snapshot export|restore|fetch`:
a stack's state without its secrets, for pull requests.

`export` writes the state of a stack to a file, with a placeholder for every secret: no passphrase is needed, and
none could be guessed from it. `restore` makes a folder in which `pulumi preview` works against such a file, or
against nothing, without any credential. `fetch` gets the files that the last deployments of the default branch left.

Exit: 0 done, 2 it could not be.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from baseten_tei.commands.ending import ends_with
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_names import stack_names
from baseten_tei.provider.resources.secret_value import fingerprint
from baseten_tei.review.forges.choose import forge
from baseten_tei.review.snapshots.secure_values import UNCHANGED, secure_values
from baseten_tei.review.snapshots.snapshot import Snapshot, parse_snapshot, snapshot_of
from baseten_tei.review.snapshots.throwaway_project import make

SECRETS = ("BASETEN_API_KEY", "HF_ACCESS_KEY", "HF_TOKEN", "PULUMI_ACCESS_TOKEN", "GITHUB_TOKEN")
_SHORTEST = 16
"""A shorter value is no credential (the emulator's key is a word that state and configuration are full of)."""


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Do it, and say what was written."""
    arguments = _parser().parse_args(argv)
    print("\n".join(arguments.act(arguments)))
    return 0


def export(workspace: Workspace, commit: str, environ: Mapping[str, str]) -> Snapshot:
    """The stack's snapshot as of now. Raises `UserError`."""
    return snapshot_of(
        exported_state(workspace.root, workspace.stack),
        stack=workspace.stack,
        commit=commit,
        secure=secure_values(workspace.config),
        fingerprint=fingerprint(UNCHANGED),
        known_secrets=[it for name in SECRETS if len(it := environ.get(name, "")) >= _SHORTEST],
    )


def read(path: Path) -> Snapshot:
    """A snapshot's file. Raises `UserError`."""
    return parse_snapshot(read_text(path), str(path))


def _export(arguments: argparse.Namespace) -> list[str]:
    workspace = Workspace(arguments.root, arguments.stack)
    found = export(workspace, arguments.commit, os.environ)
    write_whole(arguments.output, found.model_dump_json(indent=1) + "\n")
    return [f"wrote {arguments.output}"]


def _restore(arguments: argparse.Namespace) -> list[str]:
    found = read(arguments.file) if arguments.file else None
    workspace = Workspace(arguments.root, arguments.stack)
    made = make(workspace, found, arguments.into.absolute(), os.environ)
    given = {name: it for name, it in made.environment.items() if os.environ.get(name) != it}
    words = " ".join(f"{name}={shlex.quote(it)}" for name, it in sorted(given.items()))
    folder = shlex.quote(str(made.folder))
    return [f"cd {folder} && env {words} pulumi preview --stack {made.stack}"]


def _fetch(arguments: argparse.Namespace) -> list[str]:
    lines, there = [], forge(os.environ)
    for stack in stack_names(arguments.root):
        text = there.calls.again(partial(there.snapshot, stack))
        if text is None:
            lines.append(f"{stack}: no deployment has left a snapshot")
            continue
        path = arguments.output / f"{stack}.json"
        parse_snapshot(text, path.name)
        write_whole(path, text)
        lines.append(f"{stack}: wrote {path}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.snapshot", description=__doc__
    )
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    verbs = parser.add_subparsers(required=True, metavar="export|restore|fetch")
    exporting = verbs.add_parser("export", help="write a stack's snapshot")
    exporting.add_argument("--stack", required=True)
    exporting.add_argument("--commit", default="", help="the commit that was deployed, in full")
    exporting.add_argument("--output", type=Path, required=True, metavar="FILE")
    exporting.set_defaults(act=_export)
    restoring = verbs.add_parser("restore", help="make a folder to preview in")
    restoring.add_argument("--stack", required=True)
    restoring.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="a new one")
    restoring.add_argument("file", type=Path, nargs="?", help="without it the stack is empty")
    restoring.set_defaults(act=_restore)
    fetching = verbs.add_parser("fetch", help="get what the last deployments left")
    fetching.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    fetching.set_defaults(act=_fetch)
    return parser


if __name__ == "__main__":
    sys.exit(main())
