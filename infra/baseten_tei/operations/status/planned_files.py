"""What a stack's program would register, worked out as the program does: judged, planned, and not yet counted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baseten_tei.deployment.capacity.turns import list_turns
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.plan import plan_model
from baseten_tei.errors import naming
from baseten_tei.operations.status.model_resources import model_resources
from baseten_tei.operations.status.token_source import token_source
from baseten_tei.program.components import PUSH
from baseten_tei.program.prepare import ready
from baseten_tei.program.python.push_python import INTERPRETER
from baseten_tei.project import generated_files
from baseten_tei.project.golden_files import golden_input
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import has_models
from baseten_tei.project.stack_values import decode_value, value_text
from baseten_tei.rules.settings import Settings, parse_settings
from baseten_tei.spec.hf_token import SECRET_NAME
from baseten_tei.spec.names import baseten_name
from baseten_tei.spec.spec_parser import NAMESPACE

COMMAND = {"create": PUSH, "update": PUSH, "interpreter": INTERPRETER, "logging": "none"}


def plan_stack(root: Path, stack: str) -> dict[str, Any]:
    """Work out everything that only the stack's files decide, as JSON. Raises `UserError`, one line a problem.

    Where its program decides, that is all there is to say.
    """
    workspace = Workspace(root, stack)
    config = workspace.config
    project = {"project": workspace.owner.project, "backend": workspace.backend}
    if not has_models(workspace):
        return {**project, "from_program": True}
    lock = generated_files.locked_facts(root, stack)
    with naming(workspace.path.name):
        settings = parse_settings(_value(config, "models"), workspace.team, lock)
        ready(settings.subjects)
        token = token_source(_value(config, SECRET_NAME))
    return {
        **project,
        "team": settings.team,
        "models": len(settings.models),
        "wants_token": settings.wants_token,
        "state_id": value_text(config.get(f"{NAMESPACE}:state_id")),
        "token": token,
        "resources": _resources(workspace, settings),
        "turns": _turns(workspace, settings),
    }


def _value(config: Mapping[str, Any], key: str) -> Any:
    full = f"{NAMESPACE}:{key}"
    return decode_value(config.get(full), full)


def _resources(workspace: Workspace, settings: Settings) -> dict[str, Any]:
    """Return all resources, each model on the first GPU of its list."""
    return {
        urn: inputs
        for subject in settings.subjects
        for urn, inputs in _planned(workspace, settings, subject, 0).items()
    }


def _turns(workspace: Workspace, settings: Settings) -> list[dict[str, Any]]:
    """Return what the state may choose from: the turns of models that take the next GPU."""
    found = []
    for it in settings.subjects:
        if it.args.on_no_capacity == "next":
            turns = list_turns(it.name, [each.args for each in it.turns])
            planned = [_planned(workspace, settings, it, at) for at in range(len(turns))]
            digests = [each.digest for each in turns]
            name = baseten_name(it.name, it.args)
            found.append({"model": name, "digests": digests, "resources": planned})
    return found


def _planned(
    workspace: Workspace, settings: Settings, subject: Subject, turn: int
) -> dict[str, Any]:
    owner, chosen = workspace.owner, subject.turns[turn]
    target = value_text(workspace.config.get("baseten:target")) or "baseten"
    golden = golden_input(workspace.root, workspace.stack, subject.name)
    turns = list_turns(subject.name, [it.args for it in subject.turns])
    plan = plan_model(
        subject.name, chosen.args, owner, target, settings.team, golden, chosen.facts, turns
    )
    return model_resources(subject.name, plan, owner, COMMAND)
