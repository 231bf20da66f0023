"""When a key may be written with a stack's outputs, and what is one."""

import re
from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.outputs.formats.formats import FORMATS_WITH_KEY

_KEY = re.compile(r"[A-Za-z0-9._-]{8,512}")
HIDDEN = "[secret]"
"""What `pulumi stack output --json` shows of a secret."""


def require_place(form: str, output: Path | None, check: bool) -> Path:
    """Return where a key is to be written. Raises `UserError` where a log might show it."""
    if form not in FORMATS_WITH_KEY:
        known = " or ".join(FORMATS_WITH_KEY)
        raise UserError(
            f"--key: {form} has no place for a secret: write --format {known}, or leave --key out"
        )
    if output is None:
        raise UserError("--key: a key is written to a file, and never printed: write --output FILE")
    if check:
        raise UserError("--key: a file with a key is not compared: leave --check out")
    return output


def require_secret(outputs: object, name: str, stack: str) -> None:
    """Raise `UserError` where a stack has no secret output of this name: `outputs` are as Pulumi prints them."""
    known = outputs if isinstance(outputs, dict) else {}
    if name not in known:
        raise UserError(
            f"stack {stack!r} has no output {name!r}: write pulumi.export({name!r}, key.value) in its program, key "
            "being an ApiKey, and run `pulumi up`"
        )
    if known[name] != HIDDEN:
        raise UserError(
            f"stack {stack!r}: output {name!r} is not a secret: export the value of an ApiKey itself"
        )


def require_key(value: object, name: str, stack: str) -> str:
    """Return the key. Raises `UserError`, without the value, for what is none."""
    if isinstance(value, str) and _KEY.fullmatch(value):
        return value
    raise UserError(
        f"stack {stack!r}: output {name!r} is not an API key: export the value of an ApiKey; one that was imported "
        "has none until another rotate_when makes a new key"
    )
