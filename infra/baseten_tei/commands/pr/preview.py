"""`baseten-tei pr preview`: what the stacks here would become, as a report for a pull request."""

import os
from collections.abc import Mapping
from pathlib import Path

import click

from baseten_tei.baseten.processes.keeper_client import kept_folder
from baseten_tei.commands.pr.report import (
    MEASURED,
    StackPreview,
    build_report,
    find_prices,
    read_policy,
)
from baseten_tei.commands.pr.snapshot import read_snapshot
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import FOLDER, on_stacks, output_option
from baseten_tei.commands.shared.progress import progress
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import is_there
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.outputs.breaking_changes import contract_problems
from baseten_tei.outputs.json_schema import OUTPUTS_SCHEMA_PATH, outputs_schema
from baseten_tei.project import git, pulumi_cli
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_names import stack_names
from baseten_tei.review.policies.policy_config import PATH as POLICY_PATH
from baseten_tei.review.report.engine_preview import Preview, parse_preview
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import render_json
from baseten_tei.review.snapshots.origins import choose_origin, origin_text
from baseten_tei.review.snapshots.state_snapshot import Snapshot
from baseten_tei.review.snapshots.throwaway_project import make_throwaway


def preview_stack(
    workspace: Workspace, snapshots: Path, environ: Mapping[str, str]
) -> StackPreview:
    """Return one stack's preview; what pulumi cannot do is an error in it. Raises `UserError` for wrong files."""
    file = snapshots / f"{workspace.stack}.json"
    kind = choose_origin(workspace.target, environ, has_snapshot=is_there(file))
    snapshot = read_snapshot(file) if kind == "snapshot" else None
    against = origin_text(kind, snapshot.commit if snapshot else "")
    try:
        if kind == "real":
            text = pulumi_cli.preview_json(workspace.root, workspace.stack)
        else:
            text = _preview_throwaway(workspace, snapshot, environ)
        preview = parse_preview(text)
    except UserError as error:
        preview = Preview((), error.problems)
    return StackPreview(workspace, against, preview, kind == "real")


def _breaking_changes(root: Path) -> tuple[str, ...]:
    """Return what this change takes from those who read outputs, as they are described where HEAD left main."""
    commit = git.merge_base(root)
    before = git.file_at(root, commit, str(OUTPUTS_SCHEMA_PATH)) if commit else None
    with naming(f"{OUTPUTS_SCHEMA_PATH} at {commit}"):
        return tuple(contract_problems(parse_json(before), outputs_schema())) if before else ()


def _preview_throwaway(
    workspace: Workspace, snapshot: Snapshot | None, environ: Mapping[str, str]
) -> str:
    with kept_folder("baseten-tei-preview-") as folder:
        made = make_throwaway(workspace, snapshot, folder / "project", environ)
        return pulumi_cli.preview_json(made.folder, made.stack, made.environment)


@click.command(name="preview")
@click.option(
    "--snapshots",
    type=FOLDER,
    default=Path("snapshots"),
    metavar="FOLDER",
    help="Of <stack>.json, as `pr snapshot fetch` writes them.",
)
@MEASURED
@output_option(FOLDER, Path("report"))
@on_stacks
def command(
    root: Path, stacks: tuple[str, ...], snapshots: Path, measured: bool, output: Path
) -> int:
    """Preview every stack, and write report.json and report.md.

    Each stack is previewed against its real state where the credentials for it are there, else against its snapshot,
    else against nothing; the report says which. Without credentials nothing but the project's own program runs, in a
    state that is thrown away, and no call leaves this machine. Exits with 1 where the change is blocked.
    """
    names = [name for name in stack_names(root) if name in stacks]
    if not names:
        raise UserError(f"there is no stack with models in {root}: name another --root or --stack")
    previews = []
    with progress("stacks previewed", len(names)) as advance:
        for name in names:
            previews.append(preview_stack(Workspace(root, name), snapshots, os.environ))
            advance(name)
    real = [it.workspace for it in previews if it.is_real]
    # Baseten is asked for its prices only where its key is there to be used.
    prices = find_prices("auto" if real else "listed", real)
    policy = read_policy(root / POLICY_PATH, named=False)
    report = build_report(previews, prices, policy, _breaking_changes(root), measured=measured)
    write_whole(output / "report.json", render_json(report))
    write_whole(output / "report.md", render_markdown(report))
    click.echo(f"wrote {output}/report.json and report.md")
    if report.is_blocked:
        click.echo(f"the change is blocked: see {output}/report.md", err=True)
    return FINDING if report.is_blocked else 0
