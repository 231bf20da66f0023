"""`python -m baseten_tei.commands.status [--stack S] [--live] [--watch N] [--format json]`: is there anything to do?

Says without the engine, and without a call, what `pulumi up` would change: the stack's configuration, locks and
golden vectors against its state. `--live` shows each environment as Baseten has it now, `--watch N` again every N
seconds. It says "nothing to do" where `pulumi preview` would find every resource unchanged.

Exit: 0 nothing to do, 1 something is (or with --live, something is not well), 2 it could not be found out.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from baseten_tei.commands.ending import ends_with
from baseten_tei.operations.status.report import Standing, document, lines
from baseten_tei.operations.status.status_client import looked, standing

if TYPE_CHECKING:
    from baseten_tei.operations.status.live import Row

CLEAR = "\x1b[H\x1b[2J"
"""Home, and an empty screen: only where somebody looks at one."""


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Tell how the stack stands, once or again and again."""
    gc.disable()  # a state is read and kept: collecting in thousands of resources doubles the time
    arguments = _parser().parse_args(argv)
    try:
        code = _tell(arguments)
        while arguments.watch:
            time.sleep(arguments.watch)
            code = _tell(arguments)
    except KeyboardInterrupt:  # how a watch ends
        return 0
    return code


def _tell(arguments: argparse.Namespace) -> int:
    found, state = standing(arguments.root, arguments.stack, os.environ)
    rows = (
        looked(arguments.root, arguments.stack, state)
        if arguments.live or arguments.watch
        else None
    )
    clear = CLEAR if arguments.watch and sys.stdout.isatty() else ""
    print(f"{clear}{_rendered(arguments.format, found, rows)}", flush=True)
    return int(not found.nothing_to_do or not all(row.well for row in rows or ()))


def _rendered(form: str, found: Standing, rows: "list[Row] | None") -> str:
    if form == "json":
        return json.dumps(document(found, rows), indent=2, ensure_ascii=False)
    if form == "html":
        from baseten_tei.operations.status.html import render_page

        return render_page(found, rows, time.strftime("%Y-%m-%d %H:%M:%S %Z"))
    if rows is None:
        return "\n".join(lines(found))
    from baseten_tei.operations.status.table import render_table

    return "\n".join([*lines(found), *render_table(rows)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.status", description=__doc__
    )
    parser.add_argument("--stack", default="dev", help="default: dev")
    parser.add_argument("--live", action="store_true", help="ask Baseten how each environment is")
    parser.add_argument(
        "--watch", type=float, metavar="SECONDS", help="ask again and again, until interrupted"
    )
    parser.add_argument("--format", choices=("table", "json", "html"), default="table")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
