"""`python -m baseten_tei.commands.codegen --language L --stack S [--file FILE] [--output FILE] [--check]`:
a typed module.

`python` or `typescript`: the stack's models as attributes, each with the type of its task, its limits as literals,
and its embedding space as a constant. What another push changes is left out, so that the module stays as it is
until something changes that a consumer relies on. `--check` writes nothing and says whether `--output` is stale.

Exit: 0 printed, written or up to date; 1 stale, or the outputs are not there, or are not whole.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from baseten_tei.commands.ending import ends_with
from baseten_tei.commands.outputs import outputs_of, with_source
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text_if_there
from baseten_tei.outputs.typed_modules.python import python_module
from baseten_tei.outputs.typed_modules.typescript import typescript_module
from baseten_tei.outputs.types import StackOutputs
from baseten_tei.project import generated_files

LANGUAGES: Mapping[str, Callable[[StackOutputs], str]] = MappingProxyType(
    {"python": python_module, "typescript": typescript_module}
)


@ends_with(1)
def main(argv: Sequence[str] | None = None) -> int:
    """Print or write the module, or with `--check` only look."""
    arguments = _parser().parse_args(argv)
    text = LANGUAGES[arguments.language](outputs_of(arguments))
    return _check(arguments, text) if arguments.check else _write(arguments.output, text)


def _write(path: Path | None, text: str) -> int:
    if path is None:
        sys.stdout.write(text)
        return 0
    print(f"{'wrote' if generated_files.write_if_changed(path, text) else 'unchanged:'} {path}")
    return 0


def _check(arguments: argparse.Namespace, text: str) -> int:
    path: Path | None = arguments.output
    if path is None:
        raise UserError("--check compares with a file: write --output FILE")
    if read_text_if_there(path) == text:
        print(f"{path} is up to date")
        return 0
    print(
        f"{path} is not what stack {arguments.stack!r} says by now: type the same without --check, and commit"
    )
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.codegen", description=__doc__
    )
    parser.add_argument("--language", choices=LANGUAGES, required=True)
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: print it")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    return with_source(parser)


if __name__ == "__main__":
    sys.exit(main())
