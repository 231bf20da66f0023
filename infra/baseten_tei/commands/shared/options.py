"""Options that mean the same in every command, and what they stand for: a project, its stacks, a place for the result.

`--root` is the folder of Pulumi.yaml, `--stack` a stack of it, `--format` the form of the result, `--output` a place
to write it to instead of printing it, `--yes` no question, `--dry-run` nothing written and nothing changed.
"""

import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from baseten_tei.errors import UserError
from baseten_tei.project.selection import chosen_stack, chosen_stacks, project_folder, stack_files

_F = TypeVar("_F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def _complete_stacks(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the stacks that a shell may offer."""
    try:
        root = project_folder(ctx.params.get("root"), Path.cwd())
    except UserError:  # outside of a project there is nothing to offer
        return []
    return [name for name in stack_files(root) if name.startswith(incomplete)]


root_option = click.option(
    "--root",
    type=FOLDER,
    metavar="FOLDER",
    help="Folder of Pulumi.yaml.  [default: this one, or the nearest above that has one]",
)
stack_option = click.option(
    "--stack",
    metavar="STACK",
    shell_complete=_complete_stacks,
    help="Stack of the project.  [default: the selected one, or the only one]",
)
stacks_option = click.option(
    "--stack",
    "stacks",
    metavar="STACK",
    multiple=True,
    shell_complete=_complete_stacks,
    help="Only this stack; may be repeated.  [default: all stacks]",
)
yes_option = click.option(
    "--yes", "-y", is_flag=True, help="Do not ask before anything is changed."
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would be done; write and change nothing."
)


def format_option(names: Iterable[str], default: str) -> Callable[[_F], _F]:
    """Return the option for the form of the result; the parameter is `form`."""
    choice = click.Choice(list(names))
    return click.option(
        "--format", "form", type=choice, default=default, help="Form of the result."
    )


def output_option(kind: click.Path = FILE, default: Path | None = None) -> Callable[[_F], _F]:
    """Return the option for the place of the result."""
    folder = not kind.file_okay
    return click.option(
        "--output",
        type=kind,
        default=default,
        metavar="FOLDER" if folder else "FILE",
        help="Folder to write to." if folder else "Write the result there instead of printing it.",
    )


def _replacing(
    resolve: Callable[[dict[str, Any]], dict[str, Any]], *options: Any
) -> Callable[[_F], _F]:
    """Return a decorator that gives a command options, and to run with what `resolve` makes of their values."""

    def decorate(command: _F) -> _F:
        @wraps(command)
        def run(**given: Any) -> Any:
            return command(**resolve(given))

        decorated: Any = run
        for option in reversed(options):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]  # the same signature, with values that are resolved

    return decorate


def _with_project(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "root": project_folder(given["root"], Path.cwd())}


def _with_stack(given: dict[str, Any]) -> dict[str, Any]:
    whole = _with_project(given)
    return {**whole, "stack": chosen_stack(whole["root"], whole["stack"], os.environ)}


def _with_stacks(given: dict[str, Any]) -> dict[str, Any]:
    whole = _with_project(given)
    return {**whole, "stacks": chosen_stacks(whole["root"], whole["stacks"])}


in_a_project = _replacing(_with_project, root_option)
"""Give a command `root`, the folder of its project. Any other folder is refused before it runs."""
on_a_stack = _replacing(_with_stack, stack_option, root_option)
"""Give a command `root` and `stack`. A stack that is not there is refused before it runs."""
on_stacks = _replacing(_with_stacks, stacks_option, root_option)
"""Give a command `root` and `stacks`, all that there are or those that are named."""


def on_a_stack_unless(source: str) -> Callable[[_F], _F]:
    """Give a command `root` and `stack`, or with the option `source`, for which no project is needed, no `root`."""

    def resolve(given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "root": None} if given[source] is not None else _with_stack(given)

    return _replacing(resolve, stack_option, root_option)


def on_outputs(run: _F) -> _F:
    """Give a command `root` and `stack`, or `file`: a stack's outputs, or the file that has them."""
    option = click.option(
        "--file",
        metavar="FILE",
        help="Outputs as JSON, instead of the stack's; - is stdin. No project is needed.",
    )
    return option(on_a_stack_unless("file")(run))


def show(text: str, output: Path | None) -> None:
    """Print a result, or write it to a file and say so."""
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    from baseten_tei.project import generated_files  # which knows YAML: `status` prints in 0.2 s

    whole = text if text.endswith("\n") else f"{text}\n"
    written = generated_files.write_if_changed(output, whole)
    click.echo(f"{'wrote' if written else 'unchanged:'} {output}")


def asks(yes: bool) -> bool:
    """Return whether a command asks before it changes something: at a terminal, without `--yes`."""
    return not yes and sys.stdin.isatty()


def confirm(question: str, yes: bool) -> None:
    """Ask before something is changed, where a command asks. Raises `click.Abort` for a no."""
    if asks(yes) and not click.confirm(question, err=True):
        raise click.Abort
