"""The command line itself: groups that import a command when it runs, and one meaning of every exit code.

0: done. 1: a finding, or something is out of date. 2: a mistake of the user's, or a service that could not be
reached, in one line on stderr. 130: interrupted. 141: nobody reads the output any more.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from baseten_tei.errors import UserError, did_you_mean, shorten
from baseten_tei.project.program_runs import each_program_once

FINDING = 1
MISTAKE = 2
INTERRUPTED = 130
NOBODY_READS = 141


class Group(click.Group):
    """Commands; without the name of one, help on stderr."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the command's name."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(MISTAKE)
        return super().parse_args(ctx, args)


class LazyGroup(Group):
    """Commands by name, each with a line of help: the module of that name in `package` has it as `command`.

    Help and completion need the lines alone, and so import no command.
    """

    def __init__(self, package: str, table: Mapping[str, str], **attributes: Any) -> None:
        self.package, self.table = package, table
        super().__init__(**attributes)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's own signature
        """Return the names in the table's order."""
        return list(self.table)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's own signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command; `None` if there is no command of that name."""
        if cmd_name not in self.table:
            return None
        command: click.Command = import_module(f"{self.package}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names; a name that is not there lists those that are."""
        name = args[0]
        if name not in self.table and not name.startswith("-"):
            known = ", ".join(self.table)
            raise UserError(
                f"{ctx.command_path} has no command {name!r}.{did_you_mean(name, self.table)} It has: {known}"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's own signature
        """Write a line for each command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that a shell may offer."""
        items = [
            CompletionItem(name, help=line)
            for name, line in self.table.items()
            if name.startswith(incomplete)
        ]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]


class CommandLine(LazyGroup):
    """The outermost group: every error of every command ends here, in one line and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line. Exit with its code, or return it where `standalone_mode` is off."""
        name = prog_name or self.name
        run = partial(super().main, args, name, complete_var, standalone_mode=False, **extra)
        with each_program_once():
            code = exit_code(run)
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where nobody reads its output any more, end without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise click.Abort from error
        except BrokenPipeError:
            # Python flushes it once more at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(NOBODY_READS)


def exit_code(run: Callable[[], Any]) -> int:
    """Run a command and return its exit code; what went wrong is written to stderr, a line each."""
    try:
        return int(run() or 0)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "baseten-tei"
        message = error.format_message()
        end = "" if message.endswith((".", "?")) else "."
        click.echo(f"{message}{end} See {where} --help", err=True)
    except click.ClickException as error:
        click.echo(error.format_message(), err=True)
    except UserError as error:
        click.echo(error, err=True)
    except OSError as error:
        click.echo(shorten(_line_of(error)), err=True)
    except (click.Abort, KeyboardInterrupt) as error:
        words = (error.__cause__ or error).args
        closes = "\n" if sys.stderr.isatty() else ""  # the line on which a terminal shows ^C
        click.echo(closes + ": ".join(["interrupted", *map(str, words)]), err=True)
        return INTERRUPTED
    return MISTAKE


def _line_of(error: OSError) -> str:
    """Return what the system says of a service, or of a file or a disk, and then what to look at."""
    if isinstance(error, ConnectionError | TimeoutError):
        return " ".join(str(error).split())
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}: check the disk and the permissions"
