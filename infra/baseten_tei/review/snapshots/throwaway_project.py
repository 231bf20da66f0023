"""A copy of a project with a snapshot's state, to preview a pull request in."""

import json
from collections.abc import Mapping
from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.project.copies.throwaway_copy import STATE, ThrowawayProject, make_copy
from baseten_tei.project.stack import Workspace
from baseten_tei.review.snapshots.state_snapshot import Snapshot


def make_throwaway(
    workspace: Workspace, snapshot: Snapshot | None, folder: Path, environ: Mapping[str, str]
) -> ThrowawayProject:
    """Return the copy, with the snapshot's state or an empty one. Raises `UserError`."""
    made = make_copy(workspace, snapshot.secure if snapshot else {}, folder, environ)
    if snapshot:
        _import(made, snapshot)
    return made


def _import(made: ThrowawayProject, snapshot: Snapshot) -> None:
    if snapshot.stack != made.stack:
        raise UserError(
            f"the snapshot is of stack {snapshot.stack!r}, not {made.stack!r}: its resources are named after it"
        )
    salt = Workspace(made.folder, made.stack).file.document["encryptionsalt"]
    file = made.folder / STATE / "snapshot.json"
    write_whole(file, json.dumps(snapshot.state(salt)))
    made.pulumi("stack", "import", "--file", str(file))
