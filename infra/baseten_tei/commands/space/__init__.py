"""The commands of a model's spaces: verify the index of its next, let that take over, and go back."""

from collections.abc import Mapping
from types import MappingProxyType

import click

from baseten_tei.commands.shared.command_line import LazyGroup

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "verify": "Find out whether the index of next can take over.",
        "advance": "Let MODEL's next become current.",
        "back": "Let MODEL's previous become current again.",
    }
)


@click.command(cls=LazyGroup, package=__name__, table=COMMANDS, name="space")
def command() -> None:
    """Verify a model's `next`, let it become what serves under its name, and go back (docs/spaces.md).

    `advance` and `back` edit Pulumi.<stack>.yaml, to be reviewed. The `pulumi up` after it pushes nothing: no model
    moves, no URL changes, and clients that name the space of their index stay with the model of that space.
    """
