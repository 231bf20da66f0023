"""The `pulumi` command, for what a stack's state holds and what brings resources into it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from baseten_tei.baseten.processes.keeper_client import kept_group
from baseten_tei.errors import UserError, naming, redact
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.project.pulumi_reasons import known_failure
from baseten_tei.project.state_shape import check_deployment

LINES = 12
"""Of what pulumi says when it fails; its own errors come last."""
NOTHING = "{}"
"""What a preview prints that did not begin, e.g. without the program's language host."""
INTERRUPT_SECONDS = 60
"""For pulumi to end what it was at, and to let go of the stack's lock."""


def exported_state(root: Path, stack: str) -> dict[str, Any]:
    """Return `pulumi stack export`: secrets stay encrypted, so no passphrase is needed. Raises `UserError`."""
    text = run(root, stack, "stack", "export")
    with naming(f"`pulumi stack export` of stack {stack!r}"):
        exported = parse_json(text)
        if not isinstance(exported, dict):
            raise UserError("is not an object: check the pulumi on PATH")
        check_deployment(exported.get("deployment") or {})
        return exported


def run(
    root: Path,
    stack: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    lines: int = LINES,
) -> str:
    """Run pulumi, and return what it prints. Raises `UserError` with its last lines if it fails."""
    code, out, err = _run_to_end(root, stack, arguments, environment)
    if code == 0:
        return out
    raise _failure(stack, arguments, code, out + err, lines)


def preview_json(root: Path, stack: str, environment: Mapping[str, str] | None = None) -> str:
    """Return `pulumi preview --json`, unchanged resources too; also where the program stops it, for it says why.

    Raises `UserError` where pulumi does not come so far.
    """
    preview = ("preview", "--json", "--show-sames")
    code, out, err = _run_to_end(root, stack, preview, environment)
    if out.lstrip().startswith("{") and not (code and out.strip() == NOTHING):
        return out
    raise _failure(stack, preview, code, out + err, LINES)


def _failure(stack: str, arguments: Sequence[str], code: int, output: str, lines: int) -> UserError:
    said = [line.rstrip() for line in output.splitlines() if line.strip()]
    if known := known_failure(stack, said):
        return known
    key = os.environ.get("BASETEN_API_KEY")
    return UserError(
        f"pulumi {' '.join(arguments[:2])} failed with exit code {code}:",
        *(redact(line, [key]) for line in said[-lines:]),
    )


def _run_to_end(
    root: Path, stack: str, arguments: Sequence[str], environment: Mapping[str, str] | None
) -> tuple[int, str, str]:
    """Exit code and output. An interrupt is passed on once: a second one would make pulumi leave its lock behind."""
    command = ["pulumi", *arguments, "--stack", stack, "--non-interactive"]
    try:
        process = subprocess.Popen(  # noqa: S603  # our own words, a stack's name and URNs
            command, cwd=root, env=environment, text=True, process_group=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise UserError(
            "there is no pulumi on PATH: install it (https://www.pulumi.com/docs/install), or run "
            "`python -m pulumi_engine setup`"
        ) from error
    with process, kept_group(process.pid):
        try:
            out, err = process.communicate()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=INTERRUPT_SECONDS)
            process.kill()
            raise
    return process.returncode, out, err
