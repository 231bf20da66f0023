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
        "--format",
        "form",
        type=choice,
        default=default,
        show_default=True,
        help="Form of the result.",
    )


def output_option(kind: click.Path = FILE, default: Path | None = None) -> Callable[[_F], _F]:
    """Return the option for the place of the result."""
    folder = not kind.file_okay
    return click.option(
        "--output",
        type=kind,
        default=default,
        show_default=default is not None,
        metavar="FOLDER" if folder else "FILE",
        help="Folder to write to." if folder else "Write the result there instead of printing it.",
    )


def in_a_project(command: _F) -> _F:
    """Give a command `root`, the folder of its project. Any other folder is refused before it runs."""

    @root_option
    @wraps(command)
    def resolved(*args: Any, root: Path | None, **options: Any) -> Any:
        return command(*args, root=project_folder(root, Path.cwd()), **options)

    return resolved  # type: ignore[return-value]  # the same signature, with a folder that is resolved


def on_a_stack(command: _F) -> _F:
    """Give a command `root` and `stack`. A stack that is not there is refused before it runs."""

    @stack_option
    @in_a_project
    @wraps(command)
    def resolved(*args: Any, root: Path, stack: str | None, **options: Any) -> Any:
        return command(*args, root=root, stack=chosen_stack(root, stack, os.environ), **options)

    return resolved  # type: ignore[return-value]  # the same signature, with a stack that is resolved


def on_a_stack_unless(source: str) -> Callable[[_F], _F]:
    """Give a command `root` and `stack`, or with the option `source`, for which no project is needed, neither."""

    def decorated(command: _F) -> _F:
        @root_option
        @stack_option
        @wraps(command)
        def resolved(*args: Any, root: Path | None, stack: str | None, **options: Any) -> Any:
            if options[source] is not None:
                return command(*args, root=None, stack=stack, **options)
            folder = project_folder(root, Path.cwd())
            wanted = chosen_stack(folder, stack, os.environ)
            return command(*args, root=folder, stack=wanted, **options)

        return resolved  # type: ignore[return-value]  # the same signature, with a stack that is resolved

    return decorated


def on_stacks(command: _F) -> _F:
    """Give a command `root` and `stacks`, all that there are or those that are named."""

    @stacks_option
    @in_a_project
    @wraps(command)
    def resolved(*args: Any, root: Path, stacks: tuple[str, ...], **options: Any) -> Any:
        return command(*args, root=root, stacks=chosen_stacks(root, stacks), **options)

    return resolved  # type: ignore[return-value]  # the same signature, with stacks that are resolved


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
