"""What pulumi says when it cannot begin, in one line with what to run."""

import re
from collections.abc import Iterable

from baseten_tei.errors import UserError, redact

LONGEST = 300
"""Characters of pulumi's own words in one line."""


class UnreachableStackError(UserError):
    """The stack, or what is needed to read it, is not there; its program may be."""


_UNREACHABLE = (
    (
        r"no stack named .* found",
        "run `pulumi stack init {stack}`, or `pulumi login` to the backend that has it",
    ),
    (
        r"PULUMI_ACCESS_TOKEN must be set|not logged in",
        "run `pulumi login`, or `pulumi login --local` to keep states on this machine",
    ),
    (
        r"passphrase must be set|incorrect passphrase",
        "export PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, as when the stack was made",
    ),
    (r"unable to open state directory", "create that folder, or run `pulumi login` to another backend"),
)  # fmt: skip
_OTHER = (
    (r"no resource plugin '", "run `pulumi install`"),
    (r"no language plugin '(pulumi-language-[\w-]+)'", "install {found}, which Pulumi's own bundle has"),
)  # fmt: skip
"""Measured on 3.259.0 and 3.276.0."""


def known_failure(stack: str, said: Iterable[str]) -> UserError | None:
    """Return the error for a failure of which is known what to do; `None` for another one."""
    lines = [line for line in map(bare_line, said) if line]
    for kind, reasons in ((UnreachableStackError, _UNREACHABLE), (UserError, _OTHER)):
        for pattern, advice in reasons:
            for line in lines:
                if found := re.search(pattern, line):
                    todo = advice.format(stack=stack, found=found[found.lastindex or 0])
                    return kind(f"stack {stack!r}: {line}: {todo}")
    return None


def bare_line(line: str) -> str:
    """Return one of pulumi's lines without its mark, redacted and shortened."""
    return redact(line.strip().removeprefix("error: "))[:LONGEST].rstrip(" :")
