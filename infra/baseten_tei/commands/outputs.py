"""`baseten-tei outputs`: a stack's outputs for other tools, or as a typed module."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import click

from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import (
    format_option,
    on_outputs,
    output_option,
    show,
)
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import read_text, read_text_if_there
from baseten_tei.facts.files.write_files import write_private
from baseten_tei.outputs.formats.formats import FORMATS, FORMATS_WITH_KEY
from baseten_tei.outputs.formats.key_rules import require_place, require_secret
from baseten_tei.outputs.parsing import parse_outputs
from baseten_tei.outputs.typed_modules.python import python_module
from baseten_tei.outputs.typed_modules.typescript import typescript_module
from baseten_tei.outputs.typed_modules.typescript_client import typescript_client
from baseten_tei.outputs.types import StackOutputs
from baseten_tei.project import pulumi_cli
from baseten_tei.project.git import would_be_committed
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_key import read_key
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
    "--key",
    metavar="OUTPUT",
    help="Output of the stack that is an API key: kubernetes and esc get it as a secret, in --output, mode 600.",
)
@click.option(
    "--client",
    is_flag=True,
    help="With --format typescript: the module also has a client, which needs nothing but fetch.",
)
@on_outputs
def command(
    root: Path | None,
    stack: str | None,
    form: str,
    output: Path | None,
    check: bool,
    key: str | None,
    file: str | None,
    client: bool,
) -> int:
    """Print a stack's outputs for other tools, or as a typed module.

    json, dotenv, github (for >> "$GITHUB_ENV"), kubernetes (a ConfigMap), esc (a Pulumi ESC environment): the
    same values, and nothing secret but what --key names. python and typescript: a module with the models as
    attributes, their limits and spaces; what a push changes is left out, so that it changes only when something
    does that a caller relies on.
    """
    if client and form != "typescript":
        raise UserError(
            "--client is of --format typescript; Python has the package baseten-tei-client: leave --client out"
        )
    if key is not None:
        return _write_with_key(root, stack, form, output, key, check)
    outputs = read_outputs(root, stack, file)
    text = LANGUAGES[form](outputs) if form in LANGUAGES else FORMATS[form](outputs, stack or "")
    text = f"{text}\n{typescript_client()}" if client else text
    if check:
        return _check(text, output, stack)
    show(text, output)
    return 0


def _write_with_key(
    root: Path | None, stack: str | None, form: str, output: Path | None, key: str, check: bool
) -> int:
    """Write the outputs with a key to a private file. It is never printed: a log may be read by more people."""
    if root is None or stack is None:
        raise UserError("--key reads a key from a stack: leave --file out")
    output = require_place(form, output, check)
    if would_be_committed(output):
        raise UserError(
            f"{output} would be committed with its repository: add it to .gitignore, or name a file elsewhere"
        )
    told = _printed_outputs(root, stack)
    outputs = _parse(told, stack)
    require_secret(parse_json(told), key, stack)
    write_private(output, FORMATS_WITH_KEY[form](outputs, stack, read_key(root, stack, key)))
    click.echo(f"wrote {output} (mode 600): it holds an API key")
    return 0


def read_outputs(root: Path | None, stack: str | None, file: str | None) -> StackOutputs:
    """Return a stack's outputs, or those of a file where no project is needed. Raises `UserError`."""
    return _of_file(file) if root is None or stack is None else _of_stack(root, stack)


def _of_stack(root: Path, stack: str) -> StackOutputs:
    return _parse(_printed_outputs(root, stack), stack)


def _printed_outputs(root: Path, stack: str) -> str:
    """Return them as Pulumi prints them, secrets hidden. Raises `UserError` for a stack without models."""
    workspace = Workspace(root, stack)
    workspace.check()  # pulumi says in many lines that a file is not YAML
    text = pulumi_cli.run(root, stack, "stack", "output", "--json")
    with naming(f"stack {stack!r}"):
        found = parse_json(text)
    if isinstance(found, dict) and "models" not in found:
        raise UserError(f"stack {stack!r} {_missing(workspace)}")
    return text


def _parse(text: str, stack: str) -> StackOutputs:
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
