"""`python -m baseten_tei.commands.outputs --stack S --format F [--file FILE]`: hand a stack's outputs to other tools.

`json`, `dotenv`, `github` (for `>> "$GITHUB_ENV"`), `kubernetes` (a ConfigMap) or `esc` (a Pulumi ESC environment).
From the stack itself, or from a file that `pulumi stack output --json` wrote; `-` is stdin. Only what
docs/outputs.md lists is handed on: nothing of it is secret.

Exit: 0 printed, 1 the outputs are not there, or are not whole.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from baseten_tei.commands.ending import ends_with
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.outputs.formats.formats import FORMATS
from baseten_tei.outputs.parsing import parse_outputs
from baseten_tei.outputs.types import StackOutputs
from baseten_tei.project import pulumi_cli


@ends_with(1)
def main(argv: Sequence[str] | None = None) -> int:
    """Print them."""
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.outputs", description=__doc__
    )
    parser.add_argument("--format", choices=FORMATS, default="json", help="default: json")
    arguments = with_source(parser).parse_args(argv)
    outputs = outputs_of(arguments)
    sys.stdout.write(FORMATS[arguments.format](outputs, arguments.stack))
    return 0


def with_source(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The same parser, which also takes where outputs come from."""
    parser.add_argument("--stack", default="dev", help="default: dev")
    parser.add_argument(
        "--file", metavar="FILE", help="outputs as JSON, not the stack's; - is stdin"
    )
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    return parser


def outputs_of(arguments: argparse.Namespace) -> StackOutputs:
    """What those arguments name. Raises `UserError`."""
    text = _text(arguments)
    with naming(
        {None: f"stack {arguments.stack!r}", "-": "stdin"}.get(arguments.file, arguments.file)
    ):
        return parse_outputs(text)


def _text(arguments: argparse.Namespace) -> str:
    if arguments.file is None:
        return pulumi_cli.run(arguments.root, arguments.stack, "stack", "output", "--json")
    if arguments.file == "-":
        return _stdin()
    return read_text(Path(arguments.file))


def _stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UserError(f"stdin: byte {error.start} is not UTF-8: save it as UTF-8") from error


if __name__ == "__main__":
    sys.exit(main())
