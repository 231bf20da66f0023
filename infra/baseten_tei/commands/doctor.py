"""`python -m baseten_tei.commands.doctor [--stack S] [--fix] [--format json]`: what is out of order, a line each.

It looks for deployments that a push left behind and nobody needs, models that the state lost, environments that
point at dead deployments, promotions that failed, and operations of Pulumi's that were cut off. `--fix` deletes
the first kind; never one that serves, is about to, or was pushed by another. No passphrase is needed.

Exit: 0 nothing is out of order, 1 something is (or is left after --fix), 2 it could not be found out.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.commands.ending import ends_with
from baseten_tei.operations.doctor import ORPHAN, Finding, Live, findings, serves_nothing
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.project.stack import Workspace
from baseten_tei.project.state import parse_state


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Look, with `--fix` delete the orphans, and tell."""
    arguments = _parser().parse_args(argv)
    workspace = Workspace(arguments.root, arguments.stack)
    found = examine(workspace)
    deleted = delete_orphans(workspace, found) if arguments.fix else []
    left = [it for it in found if it not in deleted]
    print(_as_json(left, deleted) if arguments.format == "json" else _as_text(left, deleted))
    return int(bool(left))


def examine(workspace: Workspace) -> list[Finding]:
    """Everything out of order. Raises `UserError`."""
    team = workspace.team
    state = parse_state(exported_state(workspace.root, workspace.stack))

    def live(model: RemoteModel) -> Live:
        versions = workspace.api.versions(model.id)
        return Live(model.id, model.name, team, versions, workspace.api.environments(model.id))

    models = workspace.of_each(workspace.models(), live)
    return findings(state, models, state.owner(workspace.owner))


def delete_orphans(workspace: Workspace, found: Sequence[Finding]) -> list[Finding]:
    """Delete each orphan that is still one: since the look a release may have taken it up. Raises `UserError`."""
    deleted = []
    for orphan in (it for it in found if it.kind == ORPHAN):
        if serves_nothing(workspace.api.environments(orphan.model_id), orphan.deployment_id):
            workspace.api.delete_version(orphan.model_id, orphan.deployment_id)
            deleted.append(orphan)
    return deleted


def _as_text(left: Sequence[Finding], deleted: Sequence[Finding]) -> str:
    lines = [f"deleted deployment {it.deployment_id} of model {it.model!r}" for it in deleted]
    return "\n".join([*lines, *(it.line for it in left)] or ["nothing is out of order"])


def _as_json(left: Sequence[Finding], deleted: Sequence[Finding]) -> str:
    told = {"findings": [asdict(it) for it in left], "deleted": [asdict(it) for it in deleted]}
    return json.dumps(told, indent=2, ensure_ascii=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.doctor", description=__doc__
    )
    parser.add_argument("--stack", default="dev", help="default: dev")
    parser.add_argument("--fix", action="store_true", help="delete orphaned deployments")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
