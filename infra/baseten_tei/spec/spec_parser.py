"""A stack's models, parsed into specs."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from baseten_tei.errors import UserError, did_you_mean, redact
from baseten_tei.spec.args import ARGS_BY_TASK, ModelArgs
from baseten_tei.spec.credentials import is_secure, models_problems, normal_name, spec_problems
from baseten_tei.spec.in_python import lists_as_tuples
from baseten_tei.spec.key_tables import key_tables
from baseten_tei.spec.messages import kind_of, problem_text

NAMESPACE = "baseten-tei"
MODELS = f"{NAMESPACE}:models"
"""The key of a stack's configuration that holds its models."""

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
        spec = parse_spec(name, raw)
        if isinstance(spec, list):
            found += spec
        else:
            specs[name] = spec
    return specs, [redact(line) for line in found]


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
