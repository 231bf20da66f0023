"""`baseten-tei status`: is there anything to do?"""

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import format_option, on_a_stack, output_option, show
from baseten_tei.operations.status.stack_status import StackStatus, status_document, status_lines
from baseten_tei.operations.status.status_client import compare_stack, read_live_environments

if TYPE_CHECKING:
    from baseten_tei.operations.status.live_environments import LiveEnvironment
    from baseten_tei.operations.status.stored_resources import StoredResources

CLEAR = "\x1b[H\x1b[2J"
"""Home, and an empty screen: only where somebody looks at one."""


@click.command(name="status")
@click.option("--live", is_flag=True, help="Ask Baseten how each environment is.")
@click.option(
    "--watch",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="As --live, again and again; Ctrl-C ends it.",
)
@format_option(["table", "json", "html"], "table")
@output_option()
@on_a_stack
def command(
    root: Path, stack: str, live: bool, watch: float | None, form: str, output: Path | None
) -> int:
    """Show what `pulumi up` would change, without the engine and without a call.

    It compares the stack's configuration, locks and golden vectors with its state, and says "nothing to do" where
    `pulumi preview` would find every resource unchanged. --live shows each environment as Baseten has it now. Exits
    with 1 where something is to do or, with --live, where an environment is unhealthy.
    """
    gc.disable()  # a state is read and kept: collecting in thousands of resources doubles the time
    while True:
        found, state = compare_stack(root, stack, os.environ)
        rows = _rows(root, stack, state, quiet=watch is not None) if live or watch else None
        show(f"{_render_time(watch, form)}{_render(form, found, rows)}", output)
        if watch is None:
            return (
                FINDING
                if not found.nothing_to_do or not all(it.is_healthy for it in rows or ())
                else 0
            )
        time.sleep(watch)


def _rows(
    root: Path, stack: str, state: "StoredResources", *, quiet: bool
) -> "list[LiveEnvironment]":
    from baseten_tei.commands.shared.progress import progress
    from baseten_tei.project.stack import Workspace, no_progress

    return read_live_environments(Workspace(root, stack, no_progress if quiet else progress), state)


def _render_time(watch: float | None, form: str) -> str:
    """Return the time of what is drawn again and again, on an empty screen where there is one."""
    if watch is None or form != "table":
        return ""
    clear = CLEAR if sys.stdout.isatty() else ""
    return f"{clear}{_now()}, every {watch:g} s; Ctrl-C ends it\n"


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %Z")


def _render(form: str, found: StackStatus, rows: "list[LiveEnvironment] | None") -> str:
    if form == "json":
        return json.dumps(status_document(found, rows), indent=2, ensure_ascii=False)
    if form == "html":
        from baseten_tei.operations.status.status_page import render_page

        return render_page(found, rows, _now())
    if rows is None:
        return "\n".join(status_lines(found))
    from baseten_tei.operations.status.live_table import render_table

    return "\n".join([*status_lines(found), *render_table(rows)])
