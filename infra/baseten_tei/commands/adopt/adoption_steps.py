"""Steps of `baseten-tei adopt`: what is decided, and what brings it into a stack's state."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.commands import lock
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.hub_client import Hub
from baseten_tei.facts.hub.lock_changes import Readings, list_problems
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.operations.adoption.adoption_decision import Adopted, LeftOut, decide_adoption
from baseten_tei.operations.adoption.adoption_plan import (
    Adoptions,
    find_candidates,
    plan_adoptions,
)
from baseten_tei.operations.adoption.found_model import FoundModel
from baseten_tei.operations.adoption.import_file import component_urn, import_file, state_id_urn
from baseten_tei.project import generated_files
from baseten_tei.project.pulumi_cli import run
from baseten_tei.project.stack import Workspace
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME, VARIABLE


def decide_adoptions(
    workspace: Workspace, names: Sequence[str], known: Mapping[str, ModelArgs]
) -> tuple[Adoptions, Readings]:
    """Return the decision on each model, and what the Hub said of those that are adopted. Raises `UserError`.

    `known` are the models that the stack has already.
    """
    looked_at, several, there = find_candidates(workspace.models(), names, known)
    found = workspace.of_each(looked_at, partial(_read_model, workspace))
    has_secret = workspace.api.find_secret(SECRET_NAME, workspace.team) is not None
    decide = partial(
        decide_adoption, owner=workspace.state_owner, by_name=bool(names), has_secret=has_secret
    )
    locked = generated_files.locked_facts(workspace.root, workspace.stack)
    readings = _read_hub(locked, [decide(it) for it in found])
    decisions = [decide(it, lock={**locked, **readings.facts}) for it in found]
    plan = plan_adoptions(decisions, known)
    return replace(plan, left_out=[*several, *plan.left_out], there=there), readings


def bring_in(workspace: Workspace, adopted: Sequence[Adopted], readings: Readings) -> Iterator[str]:
    """Write the lock and the imports, and import models that the stack has."""
    yield from _write_lock(workspace, adopted, readings)
    path = workspace.root / f"imports-{workspace.stack}.json"
    content = import_file(adopted, workspace.team)
    generated_files.write_if_changed(path, json.dumps(content, indent=2) + "\n")
    yield f"wrote {path.name}"
    steps = _pulumi_steps(workspace, adopted, path.name)
    for place, step in enumerate(steps):
        try:
            run(workspace.root, workspace.stack, *step)
        except UserError as error:
            left = [f"  pulumi {' '.join(it)} --stack {workspace.stack}" for it in steps[place:]]
            raise UserError(*error.problems, "fix that, then run:", *left) from error
        yield f"pulumi {step[0]}: done"
    if any(it.args.gated for it in adopted):
        yield f"the first `pulumi up` that finds {VARIABLE} set stores it as secret {SECRET_NAME}, once"
    yield f"`pulumi preview --stack {workspace.stack}` shows no changes now; nothing on Baseten was changed"


def import_lines(workspace: Workspace, adopted: Sequence[Adopted]) -> Iterator[str]:
    """Yield what would be imported."""
    yield f"\n# would be imported (imports-{workspace.stack}.json):"
    resources = import_file(adopted, workspace.team)["resources"]
    yield from (f"{it['type']} {it.get('id') or it['logicalName']}" for it in resources)


def _read_model(workspace: Workspace, model: RemoteModel) -> FoundModel:
    environments = tuple(workspace.api.environments(model.id))
    ids = {it.current.id for it in environments if it.current}
    configs = {it: workspace.api.config(model.id, it) for it in sorted(ids)}
    return FoundModel(model.name, environments, configs)


def _read_hub(known: Lock, decisions: Sequence[Adopted | LeftOut]) -> Readings:
    adopted = [it for it in decisions if isinstance(it, Adopted)]
    keys = {(it.args.model_id, it.entry.get("revision", "main")) for it in adopted} - known.keys()
    return lock.read(Hub.from_environment(), sorted(keys)) if keys else Readings()


def _write_lock(
    workspace: Workspace, adopted: Sequence[Adopted], readings: Readings
) -> Iterator[str]:
    """Write the lock's new entries; without them a preview works too, and checks less."""
    if readings.facts:
        names = [it.name for it in adopted]
        yield from lock.write(
            workspace.root, lock.select_stacks(workspace.root, [workspace.stack], names), readings
        )
    for problem in list_problems(readings):
        yield f"not locked: {problem}; then run `baseten-tei lock`"


def _pulumi_steps(workspace: Workspace, adopted: Sequence[Adopted], file: str) -> list[list[str]]:
    """Return what brings the resources into the state, and then the components' own inputs: the engine calls nobody."""
    protect = f"--protect={str(not workspace.target.loopback).lower()}"
    options = ["--yes", "--skip-preview"]
    owner = workspace.owner
    urns = [state_id_urn(owner), *(component_urn(owner, it) for it in adopted)]
    targets = [word for urn in urns for word in ("--target", urn)]
    imported = ["import", "--file", file, "--generate-code=false", protect, *options]
    return [imported, ["up", *options, *targets]]
