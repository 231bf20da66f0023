"""`python -m baseten_tei.commands.report`: what a change does to models, money, traffic and callers, before it is made.

Each stack is previewed, or its preview is read from a file (`pulumi preview --json --show-sames`, or an event log).
A report written as JSON can be rendered again elsewhere with `--from`: it is data, and escaped there.

Exit code 0 where nothing stands in the way, 1 where a preview stops, a rule finds an error or a mandatory policy
is broken, 2 where there is nothing to report.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import find_api_key, parse_target
from baseten_tei.commands.ending import ends_with
from baseten_tei.deployment.costs import LISTED, Prices
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import is_there, read_text
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.project import generated_files
from baseten_tei.project.pulumi_cli import previewed
from baseten_tei.project.stack import Workspace
from baseten_tei.review.policies.config import PATH as POLICY_PATH
from baseten_tei.review.policies.config import PolicyConfig, parse_policy_config
from baseten_tei.review.report import throughput_files
from baseten_tei.review.report.build import Knowledge, stack_report
from baseten_tei.review.report.document import Report, parse_report, render_json
from baseten_tei.review.report.html import render_page
from baseten_tei.review.report.markdown import render_markdown
from baseten_tei.review.report.preview import Preview, parse_preview
from baseten_tei.review.report.terminal import render_table

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "table": render_table,
    "markdown": render_markdown,
    "html": render_page,
    "json": render_json,
}


def read_preview(root: Path, stack: str, file: Path | None) -> Preview:
    """A stack's preview, from a file or made now; one that pulumi cannot make is an error in it."""
    if file is not None:
        text = read_text(file)
        with naming(file):
            return parse_preview(text)
    try:
        return parse_preview(previewed(root, stack))
    except UserError as error:
        return Preview((), error.problems)


def known_prices(asked: str, workspaces: Sequence[Workspace]) -> Prices:
    """The account's prices where they are asked for, or a key is there and some stack is on a real account."""
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
            f"{LISTED.source}, for the account's cannot be read ({error})", LISTED.per_minute
        )


def knowledge(workspace: Workspace, prices: Prices, policy: PolicyConfig) -> Knowledge:
    """What is known of a stack besides its preview. Raises `UserError` for files that cannot be read."""
    return Knowledge(
        prices=prices,
        policy=policy,
        lock=generated_files.locked_facts(workspace.root, workspace.stack),
        real_account=not workspace.target.loopback,
        measured=throughput_files.measured(workspace.root),
    )


def policy_config(path: Path, *, named: bool) -> PolicyConfig:
    """The configuration of the policies; without a file all defaults, unless the file was named."""
    if not named and not is_there(path):
        return PolicyConfig()
    text = read_text(path)
    with naming(path):
        return parse_policy_config(text)


def _reported(arguments: argparse.Namespace) -> Report:
    if arguments.again:
        text = read_text(arguments.again)
        with naming(arguments.again):
            return parse_report(text)
    previews: dict[str, Path] = dict(arguments.preview)
    workspaces = [Workspace(arguments.root, it) for it in arguments.stack or previews or ("dev",)]
    policy = policy_config(
        arguments.policy or arguments.root / POLICY_PATH, named=bool(arguments.policy)
    )
    prices = known_prices(arguments.prices, workspaces)
    stacks = []
    for it in workspaces:
        file = previews.get(it.stack)
        origin = arguments.origin or (
            f"the preview in {file}" if file else f"the state of stack {it.stack}"
        )
        preview = read_preview(it.root, it.stack, file)
        stacks.append(stack_report(it.stack, origin, preview, knowledge(it, prices, policy)))
    return Report(stacks=tuple(stacks))


def _named_file(text: str) -> tuple[str, Path]:
    stack, sign, path = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not STACK=FILE")
    return stack, Path(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.report", description=__doc__
    )
    parser.add_argument("--stack", action="append", help="a stack to report on; again for each")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    parser.add_argument(
        "--preview", action="append", default=[], type=_named_file, metavar="STACK=FILE",
        help="a preview made before",
    )  # fmt: skip
    parser.add_argument("--from", dest="again", type=Path, help="a report made before, as JSON")
    parser.add_argument(
        "--policy", type=Path, help=f"policies' configuration (default {POLICY_PATH})"
    )
    parser.add_argument("--prices", choices=("auto", "listed", "account"), default="auto")
    parser.add_argument("--origin", help="what the previews were made against, for the reader")
    parser.add_argument("--format", choices=sorted(FORMATS), default="table")
    parser.add_argument("--output", type=Path, help="write here instead of printing")
    return parser


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Report, and say by the exit code whether something stands in the way."""
    arguments = _parser().parse_args(argv)
    report = _reported(arguments)
    text = FORMATS[arguments.format](report)
    if arguments.output:
        write_whole(arguments.output, text)
    else:
        print(text, end="")
    return int(report.stopped)


if __name__ == "__main__":
    sys.exit(main())
