"""A program that is run for its models alone: each component writes its spec down, and registers nothing below it."""

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pulumi

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.plan import plan_model
from baseten_tei.errors import UserError
from baseten_tei.facts.files.write_files import append_line
from baseten_tei.outputs.serving import ENVIRONMENTS_BY_TASK
from baseten_tei.outputs.types import OUTPUTS_BY_TASK
from baseten_tei.program.context import context
from baseten_tei.program.outputs.pinned_outputs import describe
from baseten_tei.project.registered_models import VARIABLE
from baseten_tei.rules.registry import find_firm
from baseten_tei.rules.settings import resolve_subject
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.credentials import find_secrets, model_label, spec_problems

_PACKAGE = str(Path(__file__).parents[1])


def is_collecting() -> bool:
    """Return whether a command asks for the program's models."""
    return VARIABLE in os.environ


def collect(name: str, args: ModelArgs, team: str | None) -> None:
    """Write a model's spec down, unless it holds a secret: then what is wrong with it."""
    spec = {"task": args.task, **args.model_dump(mode="json", exclude_unset=True)}
    if secrets := _describe_secrets(name, spec):
        _append({**secrets, "place": _find_place()})
    else:
        _append({"name": name, "spec": spec, "team": team, "place": _find_place()})


def collect_configuration(models: object, team: str | None) -> None:
    """Write down that the program takes its models from the configuration, as `deploy` does, and which these are."""
    _append({"configuration": True})
    if not isinstance(models, Mapping):
        return
    for name, spec in models.items():
        secrets = _describe_secrets(name, spec)
        _append(secrets or {"name": name, "spec": spec, "team": team})


def _describe_secrets(name: str, spec: object) -> dict[str, Any]:
    found = find_secrets(name, spec)
    told = {"name": model_label(name), "problems": spec_problems(name, spec), "secrets": found}
    return told if found else {}


def collect_unknown(name: str, keys: Iterable[str]) -> None:
    """Write down that these values of a model's spec are outputs, which only an update knows."""
    named = ", ".join(keys)
    problem = (
        f"model {name!r}: {named}: known only after `pulumi up`: write a value that a preview knows"
    )
    _append({"name": name, "problems": [problem]})


def collected_outputs(name: str, args: ModelArgs) -> dict[str, Any]:
    """Return a model's outputs as its first preview has them; all are unknown for a spec that no preview would take."""
    outputs: dict[str, Any] = dict.fromkeys(
        OUTPUTS_BY_TASK[args.task].model_fields, unknown_output()
    )
    outputs["environments"] = {
        it: dict.fromkeys(ENVIRONMENTS_BY_TASK[args.task].model_fields, unknown_output())
        for it in all_environments(args)
    }
    try:
        here = context()
        subject = resolve_subject(name, args, here.lock)
        if not find_firm(subject):
            plan = plan_model(name, subject.args, here.owner, here.target_name)
            told = {key: it for key, it in describe(subject).items() if key != "space"}
            limits = {**told["limits"], "max_input_length": unknown_output()}
            return {**outputs, **plan.known_outputs, **told, "limits": limits}
    except UserError:  # the preview says it; here it is only asked which models there are
        pass
    return outputs


def unknown_output() -> pulumi.Output[Any]:
    """Return an output that is not known yet."""
    loop = asyncio.get_event_loop()
    value: asyncio.Future[Any] = loop.create_future()
    known: asyncio.Future[bool] = loop.create_future()
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(set(), value, known)


def _append(line: Mapping[str, Any]) -> None:
    append_line(os.environ[VARIABLE], json.dumps(line))


def _find_place() -> tuple[str, int] | None:
    """Return where the program makes the model: the nearest caller outside of this package and Pulumi's."""
    root = Path(pulumi.runtime.get_root_directory() or ".").resolve()
    frame = sys._getframe(1)  # inspect.stack() reads every file on the way
    while frame.f_back is not None:
        frame = frame.f_back
        file = Path(frame.f_code.co_filename)
        if not str(file).startswith(_PACKAGE) and file.is_relative_to(root):
            return str(file.relative_to(root)), frame.f_lineno
    return None
