"""What is filled from what, as the command line says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseten_tei.commands.shared.stores import FORMS, check_store, name_journal, name_report
from baseten_tei.errors import UserError
from baseten_tei.spec.spaces import ROLES, Role


@dataclass(frozen=True)
class Job:
    """What is to be filled from what; `role`: which of the models under the name, if it is said."""

    model: str
    role: Role | None
    source: str
    sink: str
    journal: Path
    report: Path


def parse_job(model: str, given: Mapping[str, Any]) -> Job:
    """Return the job. Raises `UserError` for a sink that is missing, or a password in it, which argv would show."""
    name, _, end = model.rpartition(".")
    role: Role | None = next((it for it in ROLES if it == end), given["space"])
    name = name if end in ROLES else model
    sink = given["sink"] or ""
    if not sink and not given["only_estimate"]:
        raise UserError(f"--to is missing, where the vectors go. {FORMS}")
    check_store("--to", sink)
    journal = given["journal"] or name_journal(model, name, role, sink)
    return Job(name, role, given["source"], sink, journal, name_report(journal))
