"""`baseten-tei check`: what the rules say of each stack."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import find_api_key, parse_target
from baseten_tei.commands.command_line import FINDING
from baseten_tei.commands.options import format_option, on_stacks, output_option, show
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.project.stack_settings import Stack, wanted_stacks
from baseten_tei.rules.gpu.image_rules import organization_lacks_gpu
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.reports import FORMATS, StackCheck
from baseten_tei.rules.rule import Reported, Rule

LACKING = Rule(
    "TEI-ACCOUNT-001",
    "error",
    "The organization has instances with this GPU",
    "Baseten management API: GET /v1/instance_types; otherwise reported only by the push",
    lambda _: None,  # the account is asked once for all models, see `lacking`
)


def check_stack(stack: Stack, available: Sequence[str] | None) -> StackCheck:
    """Return a stack's findings, and where its models are written."""
    settings = stack.settings
    found = [reported for subject in settings.subjects for reported in check_model(subject)]
    if available is not None:
        found += find_missing_gpus(settings.subjects, available)
    if stack.from_program:
        return StackCheck(f"stack {stack.name}", "", len(settings.models), found, stack.places)
    text = read_text(stack.path, stack.path.name)
    return StackCheck(stack.path.name, text, len(settings.models), found)


def find_missing_gpus(subjects: Sequence[Subject], available: Sequence[str]) -> list[Reported]:
    """Return models whose GPU none of the account's instance types has."""
    return [
        Reported(subject.name, LACKING, finding)
        for subject in subjects
        if not subject.on_cpu
        if (finding := organization_lacks_gpu(subject.instance.accelerator, available))
    ]


def read_account_instances() -> list[str]:
    """Return what Baseten says this API key may use. Raises `UserError`."""
    target = parse_target("baseten")
    return BasetenApi(target, lambda: find_api_key(target, os.environ)).instance_types()


@click.command(name="check")
@click.option(
    "--account", is_flag=True, help="Ask Baseten which GPUs this API key's organization has."
)
@format_option(FORMATS, "table")
@output_option()
@on_stacks
def command(
    root: Path, stacks: tuple[str, ...], account: bool, form: str, output: Path | None
) -> int:
    """Check the models of each stack by every rule (docs/rules.md).

    A rule that finds an error also stops `pulumi preview`. Needs no network, unless --account is given. Exits with 1
    where a rule finds an error.
    """
    available = read_account_instances() if account else None
    checked = [check_stack(stack, available) for stack in wanted_stacks(root, stacks)]
    show(FORMATS[form](checked), output)
    return FINDING if any(stack.errors for stack in checked) else 0
