"""The command line: `setup`, `env` and `which`. Errors are one line on stderr and exit status 1."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pulumi_engine.errors import EngineError
from pulumi_engine.project import Engine, project_folder, read_engine
from pulumi_engine.shell import render


def _root(arguments: argparse.Namespace) -> Path:
    return (arguments.project or project_folder(Path.cwd(), Path(sys.prefix))).absolute()


def _engine(arguments: argparse.Namespace) -> Engine:
    root = _root(arguments)
    engine = read_engine(root)
    if engine is None:
        raise EngineError(f"{root} has no engine yet: run `python -m pulumi_engine setup` there")
    return engine


def _setup(arguments: argparse.Namespace) -> str:
    """Return what was taken and why; nothing where the project's engine stays as it is."""
    from pulumi_engine.setup import setup  # the network library is not for `env` and `which`

    root = _root(arguments)
    before = read_engine(root)
    engine = setup(root, os.environ, arguments.again)
    return "" if engine == before and not arguments.again else f"{engine.line}\n"


def _env(arguments: argparse.Namespace) -> str:
    return render(_engine(arguments))


def _which(arguments: argparse.Namespace) -> str:
    engine = _engine(arguments)
    text = (
        json.dumps(asdict(engine), indent=2) if arguments.json else f"{engine.path}: {engine.line}"
    )
    return text + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pulumi_engine", description=__doc__)
    parser.add_argument(
        "--project",
        type=Path,
        help="the folder that holds .engine/; by default that of the nearest Pulumi.yaml, or of the environment",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    setup = verbs.add_parser("setup", help="find or make an engine")
    setup.add_argument("--again", action="store_true", help="decide again, also with a good engine")
    setup.set_defaults(verb=_setup)
    verbs.add_parser("env", help="shell exports, for eval").set_defaults(verb=_env)
    which = verbs.add_parser("which", help="print the project's engine")
    which.add_argument("--json", action="store_true", help="print it as JSON")
    which.set_defaults(verb=_which)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        sys.stdout.write(arguments.verb(arguments))
    except EngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
