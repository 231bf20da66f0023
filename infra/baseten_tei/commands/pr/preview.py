"""`python -m baseten_tei.commands.pull_request`: what the stacks here would become, as a report for a pull request.

Each stack is previewed against its real state where the credentials for it are there, else against the snapshot
`<stack>.json` in `--snapshots`, else against nothing; the report says which. Without credentials nothing but the
project's own program runs, in a state that is thrown away, and no call leaves this machine.

Writes `report.json` and `report.md` into `--output`. Exit code as `python -m baseten_tei.commands.report`.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from baseten_tei.baseten.processes.keeper_client import kept_folder
from baseten_tei.commands.ending import ends_with
from baseten_tei.commands.report import knowledge, known_prices, policy_config
from baseten_tei.commands.snapshot import read
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import is_there
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.outputs.breaking_changes import contract_problems
from baseten_tei.outputs.json_schema import OUTPUTS_SCHEMA_PATH, outputs_schema
from baseten_tei.project import git, pulumi_cli
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_names import stack_names
from baseten_tei.review.policies.config import PATH as POLICY_PATH
from baseten_tei.review.report.build import stack_report
from baseten_tei.review.report.document import Report, render_json
from baseten_tei.review.report.markdown import render_markdown
from baseten_tei.review.report.preview import Preview, parse_preview
from baseten_tei.review.snapshots.origins import origin, origin_text
from baseten_tei.review.snapshots.snapshot import Snapshot
from baseten_tei.review.snapshots.throwaway_project import make


@dataclass(frozen=True)
class Previewed:
    """A stack, its preview, and what that was held against."""

    workspace: Workspace
    origin: str
    preview: Preview
    real: bool


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Preview every stack, and report on all of them."""
    arguments = _parser().parse_args(argv)
    root: Path = arguments.root
    workspaces = [Workspace(root, name) for name in stack_names(root)]
    if not workspaces:
        raise UserError(f"there is no stack with models in {root}: name another --root")
    report = reported([previewed(it, arguments.snapshots, os.environ) for it in workspaces])
    write_whole(arguments.output / "report.json", render_json(report))
    write_whole(arguments.output / "report.md", render_markdown(report))
    print(f"wrote {arguments.output}/report.json and report.md")
    if report.stopped:
        print(
            f"something stands in the way: {arguments.output}/report.md says what", file=sys.stderr
        )
    return int(report.stopped)


def previewed(workspace: Workspace, snapshots: Path, environ: Mapping[str, str]) -> Previewed:
    """One stack's preview; what pulumi cannot do is an error in it. Raises `UserError` for wrong files."""
    file = snapshots / f"{workspace.stack}.json"
    kind = origin(workspace.target, environ, has_snapshot=is_there(file))
    snapshot = read(file) if kind == "snapshot" else None
    told = origin_text(kind, snapshot.commit if snapshot else "")
    try:
        text = _real(workspace) if kind == "real" else _thrown_away(workspace, snapshot, environ)
        preview = parse_preview(text)
    except UserError as error:
        preview = Preview((), error.problems)
    return Previewed(workspace, told, preview, kind == "real")


def reported(found: Sequence[Previewed]) -> Report:
    """The report on all of them. Baseten is asked for its prices only where its key is there to be used."""
    real = [it.workspace for it in found if it.real]
    prices = known_prices("auto" if real else "listed", real)
    policy = policy_config(found[0].workspace.root / POLICY_PATH, named=False)
    stacks = (
        stack_report(
            it.workspace.stack, it.origin, it.preview, knowledge(it.workspace, prices, policy)
        )
        for it in found
    )
    return Report(contract=_contract(found[0].workspace.root), stacks=tuple(stacks))


def _contract(root: Path) -> tuple[str, ...]:
    """What this change takes from those who read outputs, as they are described where HEAD left main."""
    commit = git.merge_base(root)
    before = git.file_at(root, commit, str(OUTPUTS_SCHEMA_PATH)) if commit else None
    with naming(f"{OUTPUTS_SCHEMA_PATH} at {commit}"):
        return tuple(contract_problems(parse_json(before), outputs_schema())) if before else ()


def _real(workspace: Workspace) -> str:
    return pulumi_cli.previewed(workspace.root, workspace.stack)


def _thrown_away(
    workspace: Workspace, snapshot: Snapshot | None, environ: Mapping[str, str]
) -> str:
    with kept_folder("baseten-tei-preview-") as folder:
        made = make(workspace, snapshot, folder / "project", environ)
        return pulumi_cli.previewed(made.folder, made.stack, made.environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.pull_request", description=__doc__
    )
    parser.add_argument(
        "--snapshots",
        type=Path,
        default=Path("snapshots"),
        metavar="FOLDER",
        help="of <stack>.json",
    )
    parser.add_argument("--output", type=Path, default=Path("report"), metavar="FOLDER")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
