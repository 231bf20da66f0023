"""The shape of a state, as far as it is read here: a file of it may hold anything. Without pydantic, which `status`
has no time to import."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.facts.files.formats import STATE, check_format
from baseten_tei.spec.type_tokens import PROVIDER

_TEXTS = (
    "team", "name", "model", "environment",
    "deployment", "deployment_id", "previous_deployment_id", "failed_deployment_id",
)  # fmt: skip
_LISTS = ("kept_deployment_ids",)


def check_deployment(deployment: Any) -> None:
    """Raise `UserError`, without the file's name, for a state that the engine or this release would not write."""
    if not isinstance(deployment, Mapping):
        raise _refusal("it is not an object")
    for key in ("resources", "pending_operations"):
        if not isinstance(deployment.get(key), (list, type(None))):
            raise _refusal(f"{key} is not a list")
    for number, resource in enumerate(deployment.get("resources") or ()):
        if problem := _problem(resource):
            raise _refusal(f"resources.{number}: {problem}")
    for number, operation in enumerate(deployment.get("pending_operations") or ()):
        resource = operation.get("resource") if isinstance(operation, Mapping) else None
        if problem := _problem(resource):
            raise _refusal(f"pending_operations.{number}: {problem}")


def _problem(resource: Any) -> str | None:
    if not isinstance(resource, Mapping):
        return "is not an object"
    urn = resource.get("urn")
    if not isinstance(urn, str) or urn.count("::") < 3:
        return "has no URN"
    for key in ("inputs", "outputs"):
        values = resource.get(key)
        if not isinstance(values, (Mapping, type(None))):
            return f"{key} is not an object"
        if values and PROVIDER in urn and (problem := _values_problem(values)):
            return f"{key}.{problem}"
    for key in ("parent", "type"):
        if not isinstance(resource.get(key), (str, type(None))):
            return f"{key} is not a text"
    return None


def _values_problem(values: Mapping[str, Any]) -> str | None:
    """What is wrong with the inputs or outputs of a resource of our provider; a later release's are refused first."""
    check_format(STATE, values)
    for key in _TEXTS:
        if not isinstance(values.get(key), (str, type(None))):
            return f"{key} is not a text"
    for key in _LISTS:
        items = values.get(key)
        if items and not (isinstance(items, list) and all(isinstance(it, str) for it in items)):
            return f"{key} is not a list of texts"
    if not str(values.get("generation") or 0).isdecimal():
        return "generation is not a number"
    return None


def _refusal(problem: str) -> UserError:
    return UserError(f"is not a state of Pulumi's: {problem}: check the backend")
