"""docs/cli.md: every command with its help, as the command line itself says it."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import click

CLI_PATH = "docs/cli.md"
WIDTH = 100
_BEGIN = "<!-- commands: scripts/docs.py writes the rest of this page -->\n"


def render_reference(page: str) -> str:
    """Return the page with its sections, one a command, brought up to date."""
    from baseten_tei.__main__ import cli

    sections = (_section(context) for context in walk(_context(cli, "baseten-tei", None)))
    head, begin, _ = page.partition(_BEGIN)
    return "\n".join(chain([head + begin], sections)) if begin else page


def walk(context: click.Context) -> Iterator[click.Context]:
    """Return a context for a command, and for each that is below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None:
                yield from walk(_context(command, name, context))


def _context(command: click.Command, name: str, above: click.Context | None) -> click.Context:
    settings: dict[str, Any] = {
        "terminal_width": WIDTH,
        "max_content_width": WIDTH,
        "show_default": True,
    }
    return click.Context(command, above, info_name=name, **settings)


def _section(context: click.Context) -> str:
    level = "#" * (context.command_path.count(" ") + 2)
    return f"{level} {context.command_path}\n\n```text\n{context.get_help()}\n```\n"
