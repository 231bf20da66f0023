"""`baseten-tei pr report`: what a change does to models, money, traffic and callers, before it is made."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import find_api_key, parse_target
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import (
    FILE,
    format_option,
    output_option,
    root_option,
    show,
)
from baseten_tei.deployment.money.costs import LISTED, Prices
from baseten_tei.deployment.schedules.hours import Month, parse_month
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import is_there, read_text
from baseten_tei.project import generated_files
from baseten_tei.project.pulumi_cli import preview_json
from baseten_tei.project.selection import chosen_stack, chosen_stacks, project_folder
from baseten_tei.project.stack import Workspace
from baseten_tei.project.verification_files import read_verifications
from baseten_tei.review.policies.policy_config import PATH as POLICY_PATH
from baseten_tei.review.policies.policy_config import PolicyConfig, parse_policy_config
from baseten_tei.review.report.build import stack_report
from baseten_tei.review.report.engine_preview import Preview, parse_preview
from baseten_tei.review.report.html_report import render_page
from baseten_tei.review.report.knowledge import Knowledge
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import (
    ChangeReport,
    parse_report,
    render_json,
    report_on,
)
from baseten_tei.review.report.sections.model_costs import environments_by_id
from baseten_tei.review.report.text_report import render_text
from baseten_tei.review.report.throughput import read_measurements
from baseten_tei.review.usage.measured import Measured
from baseten_tei.review.usage.usage_client import read_measured

PRICES = click.Choice(["auto", "listed", "account"])
FORMATS: Mapping[str, Callable[[ChangeReport], str]] = {
    "table": render_text,
    "markdown": render_markdown,
    "html": render_page,
    "json": render_json,
}


@dataclass(frozen=True)
class StackPreview:
    """A stack, its preview, what that was made against, and whether that was its real state."""

    workspace: Workspace
    origin: str
    preview: Preview
    is_real: bool = True


def read_preview(root: Path, stack: str, file: Path | None) -> Preview:
    """Return a stack's preview, from a file or made now; one that pulumi cannot make is an error in it."""
    if file is not None:
        text = read_text(file)
        with naming(file):
            return parse_preview(text)
    try:
        return parse_preview(preview_json(root, stack))
    except UserError as error:
        return Preview((), error.problems)


def find_prices(asked: str, workspaces: Sequence[Workspace]) -> Prices:
    """Return the account's prices where they are asked for, or a key is there and some stack is on a real account."""
    real = any(not it.target.loopback for it in workspaces)
    if asked == "listed" or (asked == "auto" and not (real and os.environ.get("BASETEN_API_KEY"))):
        return LISTED
    target = parse_target("baseten")
    api = BasetenApi(target, lambda: find_api_key(target, os.environ))
    try:
        return Prices(f"this account's, read on {datetime.now(UTC):%Y-%m-%d}", api.prices())
    except UserError as error:
        if asked == "account":
            raise
        return Prices(
            f"{LISTED.source}, because the account's cannot be read ({error})", LISTED.per_minute
        )


def build_report(
    previews: Sequence[StackPreview],
    prices: Prices,
    policy: PolicyConfig,
    contract: tuple[str, ...] = (),
    *,
    measured: bool = False,
    month: Month | None = None,
) -> ChangeReport:
    """Return the report on all stacks. Raises `UserError` for files that cannot be read, or a Baseten that is asked."""
    replicas = find_replicas(previews) if measured else None
    stacks = (
        stack_report(
            it.workspace.stack,
            it.origin,
            it.preview,
            replace(_knowledge(it.workspace, prices, policy), replicas=replicas, month=month),
        )
        for it in previews
    )
    return report_on(stacks, contract)


def find_replicas(previews: Sequence[StackPreview]) -> dict[str, Measured]:
    """Return what was up of the models that are on a real account, by their ids. Raises `UserError` without a key."""
    models: dict[str, set[str]] = {}
    for it in previews:
        if not it.workspace.target.loopback:
            models |= environments_by_id(it.preview)
    target = parse_target("baseten")
    api = BasetenApi(target, lambda: find_api_key(target, os.environ))
    return read_measured(api, models, datetime.now(UTC)) if models else {}


def _knowledge(workspace: Workspace, prices: Prices, policy: PolicyConfig) -> Knowledge:
    return Knowledge(
        prices=prices,
        policy=policy,
        lock=generated_files.locked_facts(workspace.root, workspace.stack),
        real_account=not workspace.target.loopback,
        measured=read_measurements(workspace.root),
        verified=read_verifications(workspace.root, workspace.stack),
    )


def read_policy(path: Path, *, named: bool) -> PolicyConfig:
    """Return the configuration of the policies; without a file all defaults, unless the file was named."""
    if not named and not is_there(path):
        return PolicyConfig()
    text = read_text(path)
    with naming(path):
        return parse_policy_config(text)


def _previews(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, Path]:
    """Return the previews' files by stack. Raises `BadParameter`."""
    pairs = {
        stack: Path(path) for stack, _, path in (text.partition("=") for text in given) if path
    }
    if len(pairs) < len(given):
        raise click.BadParameter(f"write STACK=FILE, once for each stack, not {', '.join(given)}.")
    return pairs


def _month(_context: click.Context, _option: click.Parameter, given: str | None) -> Month | None:
    """Return the month that is asked for. Raises `BadParameter`."""
    try:
        return parse_month(given) if given else None
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


MEASURED = click.option(
    "--measured",
    is_flag=True,
    help="Typical costs by the replicas that were up, as Baseten's bill or its metrics say; needs BASETEN_API_KEY.",
)


@click.command(name="report")
@root_option
@click.option(
    "--stack",
    "stacks",
    multiple=True,
    metavar="STACK",
    show_default="those of --preview, or the selected one",
    help="Stack to report on; may be repeated.",
)
@click.option(
    "--preview",
    "previews",
    multiple=True,
    callback=_previews,
    metavar="STACK=FILE",
    help="A preview made before.",
)
@click.option(
    "--from", "again", type=FILE, help="A report made before, as JSON. No project is needed."
)
@click.option(
    "--policy", type=FILE, show_default=POLICY_PATH, help="Configuration of the policies."
)
@click.option(
    "--prices", type=PRICES, default="auto", help="Whose prices: listed ones, or the account's."
)
@MEASURED
@click.option(
    "--month",
    callback=_month,
    metavar="YYYY-MM",
    show_default="an average month of 730 hours",
    help="Costs of the hours of this calendar month.",
)
@click.option("--origin", help="What the previews were made against, for the reader.")
@format_option(sorted(FORMATS), "table")
@output_option()
def command(
    root: Path | None,
    stacks: tuple[str, ...],
    previews: dict[str, Path],
    again: Path | None,
    policy: Path | None,
    prices: str,
    measured: bool,
    month: Month | None,
    origin: str | None,
    form: str,
    output: Path | None,
) -> int:
    """Report what a change does to models, costs, traffic and callers, before it is made.

    Each stack is previewed, or its preview is read from a file (`pulumi preview --json --show-sames`, or an event log).
    A report that was written as JSON is rendered again with --from. Exits with 1 where a preview stops, a rule finds an
    error, or a mandatory policy is broken.
    """
    if again:
        text = read_text(again)
        with naming(again):
            report = parse_report(text)
    else:
        folder = project_folder(root, Path.cwd())
        names = chosen_stacks(folder, stacks or [*previews]) if stacks or previews else ()
        workspaces = [
            Workspace(folder, it) for it in names or [chosen_stack(folder, None, os.environ)]
        ]
        known = read_policy(policy or folder / POLICY_PATH, named=bool(policy))
        made = [_preview(it, previews.get(it.stack), origin) for it in workspaces]
        report = build_report(
            made, find_prices(prices, workspaces), known, measured=measured, month=month
        )
    show(FORMATS[form](report), output)
    return FINDING if report.is_blocked else 0


def _preview(workspace: Workspace, file: Path | None, origin: str | None) -> StackPreview:
    workspace.check()
    default = f"the preview in {file}" if file else f"the state of stack {workspace.stack}"
    preview = read_preview(workspace.root, workspace.stack, file)
    return StackPreview(workspace, origin or default, preview)
