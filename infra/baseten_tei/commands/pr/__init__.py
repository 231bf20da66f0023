"""The commands of a pull request: preview its changes, report them, and check the merge against the report."""

from collections.abc import Mapping
from types import MappingProxyType

import click

from baseten_tei.commands.shared.command_line import LazyGroup

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "init": "Write the workflows of GitHub or GitLab into the project.",
        "preview": "Preview every stack, and report on all of them.",
        "report": "Report what a change does to models, costs and callers.",
        "comment": "Post the report on the pull request, or get the posted one.",
        "verify": "Refuse an `up` that does more than was reviewed.",
        "snapshot": "Export, fetch and restore states without secrets.",
    }
)


@click.command(cls=LazyGroup, package=__name__, table=COMMANDS, name="pr")
def command() -> None:
    """Preview, report and verify a pull request (docs/pull-requests.md)."""
