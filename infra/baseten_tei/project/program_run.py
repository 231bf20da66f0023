"""One run of a stack's program by `pulumi preview`, and in one line why it did not come to its end."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.project.pulumi_cli import preview_json
from baseten_tei.project.pulumi_reasons import bare_line, known_failure
from baseten_tei.project.urns import is_ours

_PROTECTED = "cannot be deleted because it is protected"
"""A run that only collects registers nothing below a component, so a preview would delete it."""
_RAISED = re.compile(r"[\w.]*(?:Error|Exception|Exit)\b")
"""How the end of a traceback begins."""
_END = "preview failed"
_NOISE = (
    "pulumi preview", _END, "an unhandled error", "For further information",
    "Exception: resource monitor shut down", "Resource monitor has terminated",
)  # fmt: skip
"""What follows from the error, or says nothing of it."""


@dataclass(frozen=True)
class Resource:
    """Something that a program registers."""

    urn: str
    custom: bool
    """Whether a provider makes it; a component only holds others."""


def run_program(root: Path, stack: str, environment: Mapping[str, str]) -> list[Resource]:
    """Run a stack's program, and return what it registers. Raises `UserError` where it stops before."""
    document = decode_json(preview_program(root, stack, environment))
    if errors := [*_errors(document.get("diagnostics") or ())]:
        raise UserError(stop_line(stack, errors))
    steps = (it for it in document.get("steps") or () if it.get("newState"))
    return [Resource(it["urn"], bool(it["newState"].get("custom"))) for it in steps]


def preview_program(root: Path, stack: str, environment: Mapping[str, str] | None = None) -> str:
    """Return `pulumi preview --json` of a program with models in it. Raises `UserError`, one line, if there is none."""
    try:
        return preview_json(root, stack, environment)
    except UserError as error:
        if len(error.problems) == 1:  # where it is known what to do
            raise
        raise UserError(stop_line(stack, error.problems)) from error


def _errors(diagnostics: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the program's errors, without those of what this run alone left out of the stack."""
    told = [it for it in diagnostics if it.get("severity") == "error"]
    kept = [it for it in told if not _is_left_out(it)]
    lines = [line for it in kept for line in str(it.get("message") or "").splitlines() if line]
    only_the_end = all(bare_line(line) == _END for line in lines)
    return [] if only_the_end and len(kept) < len(told) else lines


def _is_left_out(diagnostic: Mapping[str, Any]) -> bool:
    message, urn = " ".join(str(diagnostic.get("message")).split()), diagnostic.get("urn")
    return _PROTECTED in message or bool(urn and is_ours(urn))


def stop_line(stack: str, said: Iterable[str]) -> str:
    """Return in one line why a program does not run to its end; `said` is in pulumi's words."""
    said = [*said]
    if known := known_failure(stack, said):
        return str(known)
    every = [line for line in map(bare_line, said) if line]
    lines = [line for line in every if not line.startswith(_NOISE)] or every
    raised = [number for number, line in enumerate(lines) if _RAISED.match(line)]
    told = (
        takewhile(lambda it: not it.startswith("Traceback"), lines[raised[-1] :])
        if raised
        else lines[-1:]
    )
    why = bare_line(" ".join(told))
    return (
        f"stack {stack!r}: its models are in its program, which stops: {why}: "
        f"run `pulumi preview --stack {stack}` for all of it"
    )
