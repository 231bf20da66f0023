"""The `pulumi` command, for what a stack's state holds and what brings resources into it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.redaction import redact

LINES = 12
"""Of what pulumi says when it fails; its own errors come last."""


def exported_state(root: Path, stack: str) -> dict[str, Any]:
    """`pulumi stack export`: secrets stay encrypted, so no passphrase is needed. Raises `UserError`."""
    return dict(json.loads(run(root, stack, "stack", "export")))


def run(root: Path, stack: str, *arguments: str) -> str:
    """What pulumi prints. Raises `UserError` with the end of it where it fails."""
    command = ["pulumi", *arguments, "--stack", stack, "--non-interactive"]
    try:
        ended = subprocess.run(  # noqa: S603  # our own words, a stack's name and URNs
            command, cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
    except FileNotFoundError as error:
        raise UserError("there is no pulumi on PATH: type source engine/env.sh") from error
    if ended.returncode == 0:
        return ended.stdout
    said = [
        line.rstrip() for line in f"{ended.stdout}\n{ended.stderr}".splitlines() if line.strip()
    ]
    key = os.environ.get("BASETEN_API_KEY")
    raise UserError(
        f"pulumi {' '.join(arguments[:2])} failed with exit code {ended.returncode}:",
        *(redact(line, [key]) for line in said[-LINES:]),
    )
