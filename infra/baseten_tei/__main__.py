"""`baseten-tei`: the table of its commands. A command is imported when it runs, so that help is there at once."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

from baseten_tei.commands.shared.command_line import CommandLine

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "check": "Check the models of each stack by every rule.",
        "explain": "Explain a model's sizes, its memory and its price.",
        "lock": "Lock what the Hugging Face Hub says of the models.",
        "generate": "Write the generated files, or check them.",
        "outputs": "Print a stack's outputs for other tools, or as a typed module.",
        "operations": "Write Prometheus rules and a Grafana dashboard.",
        "golden": "Record what models answer now, for later versions to agree with.",
        "adopt": "Take models that run already into a stack.",
        "doctor": "Find what is out of order on Baseten and in the state.",
        "status": "Show what `pulumi up` would change, and what runs.",
        "space": "Verify a model's next, let it become what serves, and go back.",
        "tune": "Find a model's best settings by measuring.",
        "backfill": "Embed the rows of a source, and write their vectors to a store.",
        "rehearse": "Bring stacks up on an emulator and call each model.",
        "stacks": "List the stacks with models.",
        "pr": "Preview, report and verify a pull request.",
    }
)
"""Modules of `baseten_tei.commands`, by the name of their command, each with its line of help."""


@click.command(
    cls=CommandLine,
    package="baseten_tei.commands",
    table=COMMANDS,
    name="baseten-tei",
    context_settings={"max_content_width": 100, "show_default": True},
)
@click.version_option(package_name="baseten-tei", message="%(prog)s %(version)s")
def cli() -> None:
    """Deploy Text Embeddings Inference models on Baseten with Pulumi.

    Every command works in the folder of a project (Pulumi.yaml) or below. It exits with 0; with 1 where it found
    something, or something is out of date; with 2 after a mistake or where a service could not be reached; with 130
    when it was interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    return int(cli.main(arguments, standalone_mode=False))


if __name__ == "__main__":
    raise SystemExit(main())
