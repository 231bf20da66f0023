"""The models that a stack's program registers: the program is run by the engine's own preview, and writes them down.

Nothing is changed, nobody is called but by what else the program has in it, and no rule judges anything: this works
for models that are not locked yet, or that a rule refuses.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from baseten_tei.baseten.processes.keeper_client import kept_folder
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import read_text_if_there
from baseten_tei.project.copies.throwaway_copy import make_copy
from baseten_tei.project.program_run import Resource, run_program
from baseten_tei.project.program_runs import run_once
from baseten_tei.project.pulumi_reasons import UnreachableStackError
from baseten_tei.project.stack import Workspace
from baseten_tei.project.urns import is_ours, kind_of, name_of
from baseten_tei.rules.rule import Finding, RefusedError, Reported
from baseten_tei.rules.secrets.access_rules import SECRETS
from baseten_tei.rules.secrets.passphrase import FILE_VARIABLE
from baseten_tei.spec.type_tokens import COMPONENTS

VARIABLE = "BASETEN_TEI_COLLECT"
"""Names the file that a program's components write their specs to, instead of registering what they need."""

Place = tuple[str, int]


@dataclass(frozen=True)
class RegisteredModels:
    """What a program registers, by name."""

    specs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """As a stack's configuration would hold them."""
    teams: Mapping[str, str | None] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    """File and line, where a model is written in Python."""
    urns: Mapping[str, str] = field(default_factory=dict)
    """Of the components."""
    others: tuple[Resource, ...] = ()
    """What the program registers besides."""
    from_configuration: bool = False
    """Whether the program takes its models from the stack's configuration."""

    @property
    def team(self) -> str | None:
        """Return the team of all models; `None` where they have several, or none."""
        teams = set(self.teams.values())
        return teams.pop() if len(teams) == 1 else None


def registered_models(root: Path, stack: str) -> RegisteredModels:
    """Return what the stack's program registers. Raises `UserError`, in one line, where it cannot be run to its end."""
    return run_once(_collect, root, stack)


def _collect(root: Path, stack: str) -> RegisteredModels:
    with kept_folder("baseten-tei-models-") as folder:
        file = folder / "models"
        try:
            resources = run_program(root, stack, {**os.environ, VARIABLE: str(file)})
        except UnreachableStackError as error:
            resources = _run_in_copy(Workspace(root, stack), folder / "copy", file, error)
        found = parse_registered(read_text_if_there(file) or "")
    ours = (it.urn for it in resources if kind_of(it.urn).startswith(COMPONENTS))
    urns = {name_of(urn): urn for urn in ours}
    if missing := urns.keys() - found.specs.keys():
        raise UserError(
            f"stack {stack!r}: model {min(missing)!r} is registered by an older baseten-tei than this command: "
            "install this version beside the program"
        )
    others = tuple(it for it in resources if not is_ours(it.urn) and _is_other(kind_of(it.urn)))
    return replace(found, urns=urns, others=others)


def _run_in_copy(
    workspace: Workspace, folder: Path, file: Path, reason: UnreachableStackError
) -> list[Resource]:
    """Run the program on an empty state, without the secrets of its configuration: as in a job without credentials."""
    try:
        copy = make_copy(workspace, {}, folder, os.environ)
        kept = {key: it for key, it in os.environ.items() if key != FILE_VARIABLE}
        environment = {**kept, **copy.environment, VARIABLE: str(file)}
        return run_program(copy.folder, copy.stack, environment)
    except UserError as error:
        if str(error) == str(reason):
            raise
        raise UserError(f"{error} (it ran on an empty state, for {reason})") from error


def _is_other(kind: str) -> bool:
    return not kind.startswith("pulumi:providers:") and kind != "pulumi:pulumi:Stack"


def _refuse(problems: list[str], lines: list[dict[str, Any]]) -> RefusedError:
    found = [
        Reported(line["name"], SECRETS, Finding(message, fix))
        for line in lines
        for message, fix in line.get("secrets", ())
    ]
    error = RefusedError(problems, found, len(lines))
    error.places = _places(lines)
    return error


def _places(lines: list[dict[str, Any]]) -> dict[str, Place]:
    return {line["name"]: (it[0], it[1]) for line in lines if (it := line.get("place"))}


def parse_registered(text: str) -> RegisteredModels:
    """Return what components wrote, a JSON object a line. Raises `UserError` for a model that cannot be known."""
    with naming("the program's models"):
        lines = [parse_json(line) for line in text.splitlines()]
    from_configuration = any("configuration" in line for line in lines)
    lines = [line for line in lines if "configuration" not in line]
    if problems := [problem for line in lines for problem in line.get("problems", ())]:
        raise _refuse(problems, lines)
    names = [line["name"] for line in lines]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(
            *(
                f"model {name!r} is registered twice: give one of them another name"
                for name in twice
            )
        )
    return RegisteredModels(
        {line["name"]: line["spec"] for line in lines},
        {line["name"]: line.get("team") for line in lines},
        _places(lines),
        from_configuration=from_configuration,
    )
