"""`python -m baseten_tei.preflight`: what the rules say of each stack, as a table, JSON or SARIF.

Exit code 0 without errors, 1 with some, 2 for a configuration that cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.generate import Stack, stacks
from baseten_tei.rules.registry import judge
from baseten_tei.rules.reports import FORMATS, Judged


def judged(stack: Stack) -> Judged:
    """A stack's findings, and where its models stand in its configuration."""
    settings = stack.settings
    found = [reported for subject in settings.subjects for reported in judge(subject)]
    return Judged(
        stack.path.name, stack.path.read_text(encoding="utf-8"), len(settings.models), found
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Judge, print, and say by the exit code whether a preview would go on."""
    parser = argparse.ArgumentParser(prog="python -m baseten_tei.preflight", description=__doc__)
    parser.add_argument("--stack", help="only this stack")
    parser.add_argument("--format", choices=sorted(FORMATS), default="table")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    arguments = parser.parse_args(argv)
    try:
        found = [judged(it) for it in stacks(arguments.root) if arguments.stack in (None, it.name)]
        if arguments.stack and not found:
            raise UserError(
                f"no stack {arguments.stack!r} here: look for Pulumi.{arguments.stack}.yaml"
            )
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(FORMATS[arguments.format](found))
    return int(any(it.errors for it in found))


if __name__ == "__main__":
    sys.exit(main())
