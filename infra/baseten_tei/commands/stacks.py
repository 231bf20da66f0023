"""`python -m baseten_tei.commands.deployable [--json]`:
the stacks that a merge deploys, which are those on a real account.

One that is on an emulator lives on the machine of whoever develops with it: deploying it would change no service.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from baseten_tei.commands.ending import ends_with
from baseten_tei.project.stack_names import on_an_account


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Print them, a line each, or as a list for a workflow's matrix."""
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.deployable", description=__doc__
    )
    parser.add_argument("--json", action="store_true", help="as a list in one line")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    arguments = parser.parse_args(argv)
    names = on_an_account(arguments.root)
    print(json.dumps(names) if arguments.json else "\n".join(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
