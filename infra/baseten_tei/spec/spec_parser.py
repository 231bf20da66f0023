"""A stack's models, parsed into specs."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from baseten_tei.errors import UserError, did_you_mean, redact
from baseten_tei.spec.args import ARGS_BY_TASK, ModelArgs
from baseten_tei.spec.credentials import is_secure, models_problems, normal_name, spec_problems
from baseten_tei.spec.in_python import lists_as_tuples
from baseten_tei.spec.keys.key_tables import key_tables
from baseten_tei.spec.messages import kind_of, problem_text
from baseten_tei.spec.spaces import expand

NAMESPACE = "baseten-tei"
MODELS = f"{NAMESPACE}:models"
"""The key of a stack's configuration that holds its models."""

_SEVERAL = {"next", "previous", "edition"}
"""The keys of a spec that is not alone under its name."""
EXAMPLE = "models: {bge: {task: embedding, model_id: BAAI/bge-base-en-v1.5}}"


def parse_specs(models: object) -> tuple[dict[str, ModelArgs], list[str]]:
    """Return specs by name, and what is wrong with their shape. Raises `UserError` for what is not a mapping."""
    if is_secure(models):
        raise UserError(*models_problems(models))
    if not isinstance(models, Mapping):
        raise UserError(
            f"{NAMESPACE}:models must map names to specs, not {kind_of(models)}: write {EXAMPLE}"
        )
    found: list[str] = []
    specs: dict[str, ModelArgs] = {}
    for name, raw in models.items():
        if not isinstance(name, str):  # YAML reads `no:` and `1:` as something else
            found.append(f"model {name!r}: its name is {kind_of(name)}: write it in quotes")
            continue
        for resource, spec in _parse_members(name, raw).items():
            if isinstance(spec, list):
                found += spec
            elif resource in specs or (resource != name and resource in models):
                found.append(_meeting(name, resource))
            else:
                specs[resource] = spec
    return specs, [redact(line) for line in found]


def _parse_members(name: str, raw: object) -> dict[str, ModelArgs | list[str]]:
    """Return the spec, or the problems, of each model under a name, by what its resources are called."""
    current = parse_spec(name, raw)
    if isinstance(current, list) or not isinstance(raw, Mapping):
        return {name: current}
    if not raw.keys() & _SEVERAL:
        return {name: current}
    try:
        members = expand(name, raw)
    except UserError as error:
        return {name: [f"model {name!r}: {error}"]}
    return {
        it.resource: parse_spec(name if role == "current" else f"{name}.{role}", it.spec)
        for role, it in members.items()
    }


def _meeting(name: str, resource: str) -> str:
    return (
        f"model {name!r}: one of the models that follow each other under this name is called {resource!r}, as another "
        "model of the stack is: write another edition into it"
    )


def parse_spec(name: str, raw: object) -> ModelArgs | list[str]:
    """Return one model's spec, or its problems; where it holds a secret, nothing else of it is looked at."""
    if secret := spec_problems(name, raw):
        return secret
    if not isinstance(raw, Mapping):
        return [f"model {name!r}: must be a mapping, not {kind_of(raw)}: write {EXAMPLE}"]
    task = raw.get("task")
    args = ARGS_BY_TASK.get(task) if isinstance(task, str) else None
    if args is None:
        return [f"model {name!r}: {_task_problem(task, raw)}"]
    try:
        return args.model_validate(lists_as_tuples(raw))
    except ValidationError as error:
        return [f"model {name!r}: {problem_text(details, args)}" for details in error.errors()]


def _task_problem(task: object, raw: Mapping[str, Any]) -> str:
    """Return the line for a task that is missing or unknown, with the one that is meant."""
    wrong = next((key for key in raw if normal_name(str(key)) in key_tables().task_keys), None)
    if task is not None:
        said = f"task {task!r} is not one TEI has"
    elif wrong is not None:
        said, task = f"task is missing (not {wrong!r})", raw[wrong]
    else:
        said = "task is missing"
    meant = key_tables().tasks.get(normal_name(str(task)), str(task))
    return (
        f"{said}: write task: embedding, reranker or classifier.{did_you_mean(meant, ARGS_BY_TASK)}"
    )
