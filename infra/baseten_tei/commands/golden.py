"""`python -m baseten_tei.commands.golden [MODEL…] --stack S [--texts FILE]`:
record golden vectors from what serves now.

Writes `golden/<stack>/<model>.json`, to be reviewed and committed: from then on a version that answers otherwise
is refused (docs/adr/0006). Without names all models of the stack. Texts and tolerances of a file that is there
are kept; `--texts` takes other texts, one a line, a reranker's question first.

Exit: 0 recorded, 1 something could not be.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.target import find_api_key
from baseten_tei.commands.ending import ends_with
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.truss_config import release_digest
from baseten_tei.errors import UserError, perhaps
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.outputs.parsing import parse_models
from baseten_tei.project import pulumi_cli
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stacks import stacks
from baseten_tei.provider.release.golden.recorder import Outputs, Recorder


@ends_with(1)
def main(argv: Sequence[str] | None = None) -> int:
    """Record, and say a line per model."""
    arguments = _parser().parse_args(argv)
    root, stack, failed = arguments.root, arguments.stack, False
    own = read_text(arguments.texts) if arguments.texts else None
    subjects = [s for it in stacks(root) if it.name == stack for s in it.settings.subjects]
    served = _served(root, stack, arguments.models)
    recorder = _recorder(root, stack, own, subjects)
    for name, outputs in served.items():
        try:
            print("\n".join(recorder.record(name, outputs)))
        except UserError as error:
            failed = True
            print(
                *(f"model {name!r}: {line}" for line in error.problems), sep="\n", file=sys.stderr
            )
    return int(failed)


def _served(root: Path, stack: str, names: Sequence[str]) -> dict[str, Outputs]:
    """The models to record with their outputs. Raises `UserError` for one that the stack does not have."""
    told = pulumi_cli.run(root, stack, "stack", "output", "models", "--json")
    every = parse_models(told)
    if unknown := [name for name in names if name not in every]:
        raise UserError(
            *(f"stack {stack!r} serves no model {n!r}.{perhaps(n, every)}" for n in unknown)
        )
    return {name: outputs for name, outputs in every.items() if not names or name in names}


def _recorder(root: Path, stack: str, own: str | None, subjects: Sequence[Subject]) -> Recorder:
    target = Workspace(root, stack).target
    api_key = find_api_key(target, os.environ)
    revisions = {release_digest(s.config, s.args.labels): s.args.revision for s in subjects}
    patience = Patience(time.monotonic, time.sleep, partial(print, file=sys.stderr))

    def begin() -> None:
        if target.embedded:
            ensure_running(target.management_url, root)

    return Recorder(root, stack, target, api_key, revisions, patience, own, begin)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.golden", description=__doc__
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="name in the stack")
    parser.add_argument("--stack", default="dev", help="default: dev")
    parser.add_argument("--texts", type=Path, metavar="FILE", help="texts to ask about, one a line")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
