"""`python -m baseten_tei.commands.preflight`: what the rules say of each stack, as a table, JSON or SARIF.

`--account` also asks Baseten which GPUs this API key's organization has; nothing else here needs a network.

Exit code 0 without errors, 1 with some, 2 for a configuration that cannot be read.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import find_api_key, parse_target
from baseten_tei.commands.ending import ends_with
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.project.stacks import Stack, stacks
from baseten_tei.rules.gpu.images import organization_lacks_gpu
from baseten_tei.rules.registry import judge
from baseten_tei.rules.reports import FORMATS, Judged
from baseten_tei.rules.rule import Reported, Rule

LACKING = Rule(
    "TEI-ACCOUNT-001",
    "error",
    "The organization has instances with this GPU",
    "Baseten management API: GET /v1/instance_types; told at the push otherwise",
    lambda _: None,  # the account is asked once for all models, see `lacking`
)


def judged(stack: Stack, available: Sequence[str] | None) -> Judged:
    """A stack's findings, and where its models stand in its configuration."""
    settings = stack.settings
    found = [reported for subject in settings.subjects for reported in judge(subject)]
    if available is not None:
        found += lacking(settings.subjects, available)
    return Judged(
        stack.path.name, read_text(stack.path, stack.path.name), len(settings.models), found
    )


def lacking(subjects: Sequence[Subject], available: Sequence[str]) -> list[Reported]:
    """Models whose GPU none of the account's instance types has."""
    return [
        Reported(subject.name, LACKING, finding)
        for subject in subjects
        if not subject.on_cpu
        if (finding := organization_lacks_gpu(subject.instance.accelerator, available))
    ]


def account_instances() -> list[str]:
    """What Baseten says this API key may use. Raises `UserError`."""
    target = parse_target("baseten")
    return BasetenApi(target, lambda: find_api_key(target, os.environ)).instance_types()


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Judge, print, and say by the exit code whether a preview would go on."""
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.preflight", description=__doc__
    )
    parser.add_argument("--stack", help="only this stack")
    parser.add_argument("--format", choices=sorted(FORMATS), default="table")
    parser.add_argument("--account", action="store_true", help="ask Baseten for the account's GPUs")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    arguments = parser.parse_args(argv)
    available = account_instances() if arguments.account else None
    wanted = [it for it in stacks(arguments.root) if arguments.stack in (None, it.name)]
    found = [judged(it, available) for it in wanted]
    if arguments.stack and not found:
        raise UserError(
            f"no stack {arguments.stack!r} here: look for Pulumi.{arguments.stack}.yaml"
        )
    print(FORMATS[arguments.format](found))
    return int(any(it.errors for it in found))


if __name__ == "__main__":
    sys.exit(main())
