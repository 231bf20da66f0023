"""`baseten-tei outputs`: a stack's outputs for other tools, or as a typed module."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import click

from baseten_tei.commands.command_line import FINDING
from baseten_tei.commands.options import format_option, on_a_stack_unless, output_option, show
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import read_text, read_text_if_there
from baseten_tei.outputs.formats.formats import FORMATS
from baseten_tei.outputs.parsing import parse_outputs
from baseten_tei.outputs.typed_modules.python import python_module
from baseten_tei.outputs.typed_modules.typescript import typescript_module
from baseten_tei.outputs.types import StackOutputs
from baseten_tei.project import pulumi_cli
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import has_models

LANGUAGES: Mapping[str, Callable[[StackOutputs], str]] = MappingProxyType(
    {"python": python_module, "typescript": typescript_module}
)


@click.command(name="outputs")
@format_option([*FORMATS, *LANGUAGES], "json")
@output_option()
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if --output is out of date."
)
@click.option(
    "--file",
    metavar="FILE",
    help="Outputs as JSON, instead of the stack's; - is stdin. No project is needed.",
)
@on_a_stack_unless("file")
def command(
    root: Path | None,
    stack: str | None,
    form: str,
    output: Path | None,
    check: bool,
    file: str | None,
) -> int:
    """Print a stack's outputs for other tools, or as a typed module.

    json, dotenv, github (for >> "$GITHUB_ENV"), kubernetes (a ConfigMap), esc (a Pulumi ESC environment): the
    same values, and nothing secret. python and typescript: a module with the models as attributes, their
    limits and spaces; what a push changes is left out, so that it changes only when something does that a caller
    relies on.
    """
    outputs = _of_file(file) if root is None or stack is None else _of_stack(root, stack)
    text = LANGUAGES[form](outputs) if form in LANGUAGES else FORMATS[form](outputs, stack or "")
    if check:
        return _check(text, output, stack)
    show(text, output)
    return 0


def _of_stack(root: Path, stack: str) -> StackOutputs:
    workspace = Workspace(root, stack)
    workspace.check()  # pulumi says in many lines that a file is not YAML
    text = pulumi_cli.run(root, stack, "stack", "output", "--json")
    with naming(f"stack {stack!r}"):
        found = parse_json(text)
    if isinstance(found, dict) and "models" not in found:
        raise UserError(f"stack {stack!r} {_missing(workspace)}")
    with naming(f"stack {stack!r}"):
        return parse_outputs(text)


def _missing(workspace: Workspace) -> str:
    """Return what to do where a stack does not have the output that its models are in."""
    if has_models(workspace):
        return "has no outputs yet: run `pulumi up`"
    return "does not export its models: call baseten_tei.export_models(...) in its program, and run `pulumi up`"


def _of_file(file: str | None) -> StackOutputs:
    if file in (None, "-"):
        text, name = _stdin(), "stdin"
    else:
        text, name = read_text(Path(str(file))), str(file)
    with naming(name):
        return parse_outputs(text)


def _stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UserError(f"stdin: byte {error.start} is not UTF-8: save it as UTF-8") from error


def _check(text: str, path: Path | None, stack: str | None) -> int:
    if path is None:
        raise UserError("--check compares with a file: write --output FILE")
    if read_text_if_there(path) == text:
        click.echo(f"{path} is up to date")
        return 0
    whose = f"stack {stack!r}" if stack else "these outputs"
    click.echo(
        f"{path} is out of date for {whose}: run the same command without --check, and commit"
    )
    return FINDING
