"""`baseten-tei check`: what the rules say of each stack."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import find_api_key, parse_target
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import format_option, on_stacks, output_option, show
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.facts.tei.releases import DEFAULT
from baseten_tei.project import stack_settings
from baseten_tei.project.registered_models import Place
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import Stack, wanted_stacks
from baseten_tei.rules.formats.model_lines import find_lines
from baseten_tei.rules.formats.reports import FORMATS, StackCheck
from baseten_tei.rules.gpu.account_rule import find_missing_gpus
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.rule import RefusedError


def check_stack(stack: Stack, available: Sequence[str] | None) -> StackCheck:
    """Return a stack's findings, and where its models are written."""
    settings = stack.settings
    found = [reported for subject in settings.subjects for reported in check_model(subject)]
    if available is not None:
        found += find_missing_gpus(settings.subjects, available)
    if stack.from_program:
        return StackCheck(f"stack {stack.name}", len(settings.models), found, stack.places)
    places = _find_places(stack.path.name, read_text(stack.path, stack.path.name))
    return StackCheck(stack.path.name, len(settings.models), found, places)


def _find_places(file: str, text: str) -> dict[str, tuple[str, int]]:
    return {model: (file, line) for model, line in find_lines(text).items()}


def check_refused(workspace: Workspace, error: UserError) -> tuple[StackCheck, list[str]]:
    """Return what rules say of a stack that is refused, and the lines of none. Raises `error` where no rule spoke."""
    refused = RefusedError.behind(error)
    if refused is None or not refused.findings:
        raise error
    if refused.places is None:
        file = workspace.path.name
        places: Mapping[str, Place] = _find_places(file, workspace.text)
    else:
        file, places = f"stack {workspace.stack}", refused.places
    found = StackCheck(file, refused.models, refused.findings, places)
    return found, [f"{file}: {line}" for line in refused.others]


def check_named(
    root: Path, names: Sequence[str], available: Sequence[str] | None
) -> tuple[list[StackCheck], list[str]]:
    """Return the findings of each stack with models, and what is wrong of which no rule speaks."""
    checked: list[StackCheck] = []
    others: list[str] = []
    for name in names:
        try:
            checked += [check_stack(it, available) for it in stack_settings.stacks(root, [name])]
        except UserError as error:
            found, lines = check_refused(Workspace(root, name), error)
            checked.append(found)
            others += lines
    return checked or [check_stack(it, available) for it in wanted_stacks(root, names)], others


def read_account_instances() -> list[str]:
    """Return what Baseten says this API key may use. Raises `UserError`."""
    target = parse_target("baseten")
    return BasetenApi(target, lambda: find_api_key(target, os.environ)).instance_types()


def _check_upstream(root: Path, stacks: tuple[str, ...], form: str, output: Path | None) -> int:
    from baseten_tei.operations.upstream import parts, upstream_client  # which bring requests

    if form == "sarif":
        raise UserError("--format sarif is of what rules find: write --format json with --upstream")
    used: dict[str, list[str]] = {}
    for stack in wanted_stacks(root, stacks):
        for name, args in stack.settings.models.items():
            used.setdefault(args.tei_version, []).append(f"{stack.name}/{name}")
    found = upstream_client.find_parts(used or {DEFAULT: ["default"]})
    render = parts.render_parts_json if form == "json" else parts.render_parts
    show(render(found), output)
    states = {it.state for it in found}
    return FINDING if "behind" in states else 0


@click.command(name="check")
@click.option(
    "--account", is_flag=True, help="Ask Baseten which GPUs this API key's organization has."
)
@click.option(
    "--upstream",
    is_flag=True,
    help="Say instead which of TEI, truss, Baseten's SDK, Pulumi, the engine and the price list is behind.",
)
@format_option(FORMATS, "table")
@output_option()
@on_stacks
def command(
    root: Path,
    stacks: tuple[str, ...],
    account: bool,
    upstream: bool,
    form: str,
    output: Path | None,
) -> int:
    """Check the models of each stack by every rule (docs/rules.md).

    A rule that finds an error also stops `pulumi preview`. Needs no network, unless --account or --upstream is given.
    Exits with 1 where a rule finds an error, or something is behind.

    --upstream asks the package index of pip or uv (PIP_INDEX_URL, UV_INDEX_URL, and what else they are configured
    with), the image's registry (BASETEN_TEI_IMAGE_REGISTRY: another address) and, with BASETEN_API_KEY, Baseten for
    prices (BASETEN_TEI_PRICES: another address). What does not answer is listed as unknown.
    """
    if upstream:
        return _check_upstream(root, stacks, form, output)
    available = read_account_instances() if account else None
    checked, others = check_named(root, stacks, available)
    show(FORMATS[form](checked), output)
    if others:
        raise UserError(*others)
    return FINDING if any(stack.errors for stack in checked) else 0
