"""`python -m baseten_tei.rehearse [--stack S …] [--base REV] [--root DIR] [--json FILE]`: a dress rehearsal.

Each stack's configuration is brought up on an emulator of its own, whatever target it is written for; each model is
called, its answers are looked through, and it is destroyed again. Where the base has the stack, that comes first, and
both are compared. No account, no GPU, no token; nothing of the project's own state is touched (docs/rehearsal.md).

Exit: 0 all answer as they should, 1 something failed, 2 it cannot be rehearsed, 130 interrupted.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from baseten_tei import git_files
from baseten_tei.ending import INTERRUPTED, ends_with, on_interrupt
from baseten_tei.errors import UserError
from baseten_tei.generate import Stack, stacks
from baseten_tei.names import perhaps
from baseten_tei.prepare import ready
from baseten_tei.rehearsal import Script, rehearse
from baseten_tei.rehearsal_project import side_at, side_here
from baseten_tei.rehearsing.report import Report
from baseten_tei.rehearsing.table import text
from baseten_tei.writing import write_whole


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Rehearse, tell, and say by the exit code how it went."""
    arguments = _parser().parse_args(argv)
    on_interrupt(_interrupted)
    try:
        scripts = list(_scripts(arguments.root, arguments.stack, arguments.base))
        reports = [_told(rehearse(script, os.environ)) for script in scripts]
        if arguments.json:
            write_whole(arguments.json, _as_json(reports))
    except KeyboardInterrupt:
        print("interrupted: the emulator, and all that was on it, is gone", file=sys.stderr)
        return INTERRUPTED
    return int(not all(report.passed for report in reports))


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    """Heard once: what has to be taken down then takes seconds, and half of it would leave processes behind."""
    on_interrupt(lambda *_: None)
    raise KeyboardInterrupt


def _scripts(root: Path, names: Sequence[str], revision: str | None) -> Iterator[Script]:
    """What to rehearse, before anything is begun. Raises `UserError`."""
    commit = git_files.commit_of(root, revision) if revision else git_files.merge_base(root)
    for stack in _wanted(root, names):
        present = side_here(root, stack.name)
        base = side_at(root, commit, stack.name) if commit else None
        if base == present and not revision:
            base = None  # nothing changed, so there is nothing to compare
        ready(stack.settings.subjects)
        yield Script(root, stack.name, stack.settings, present, base, commit)


def _wanted(root: Path, names: Sequence[str]) -> list[Stack]:
    every = list(stacks(root))
    known = [stack.name for stack in every]
    if unknown := [name for name in names if name not in known]:
        raise UserError(
            *(f"no stack {name!r} with models here.{perhaps(name, known)}" for name in unknown)
        )
    if not every:
        raise UserError(f"no stack with models in {root}: type this in the project, or name --root")
    return [stack for stack in every if not names or stack.name in names]


def _told(report: Report) -> Report:
    print(text(report), flush=True)
    return report


def _as_json(reports: Sequence[Report]) -> str:
    told = {"stacks": [report.as_json() for report in reports]}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m baseten_tei.rehearse", description=__doc__)
    parser.add_argument(
        "--stack", action="append", default=[], metavar="NAME", help="default: every stack"
    )
    parser.add_argument(
        "--base", metavar="REV", help="what to compare with; default: where HEAD left main"
    )
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the reports here as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
