"""The model that a component's inputs, as the Pulumi engine shows them, describe.

On the engine's wire every number is a float and every sequence a list (protobuf's Struct).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from baseten_tei.deployment.locked_spec import Subject, find_facts
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.spec.args import ARGS_BY_TASK
from baseten_tei.spec.type_tokens import component_type

COMPONENTS = {component_type(task): args for task, args in ARGS_BY_TASK.items()}
"""Type token → the class of its spec."""


def subject_of(token: str, name: str, inputs: Mapping[str, Any], lock: Lock) -> Subject:
    """Return a component's model with its locked facts. Raises `KeyError` for another type's token."""
    args = COMPONENTS[token].model_validate(plain_value(inputs))
    return Subject(name, args, find_facts(lock, args.model_id, args.revision))


def plain_value(value: Any) -> Any:
    """Return a value as specs have it: whole numbers as integers, lists as tuples, mappings as dicts."""
    match value:
        case Mapping():
            return {key: plain_value(value[key]) for key in value}
        case str():
            return value
        case Sequence():
            return tuple(plain_value(item) for item in value)
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def stack_of(urn: str) -> str:
    """Return the stack's name in a URN: `urn:pulumi:<stack>::<project>::<type>::<name>`."""
    return urn.removeprefix("urn:pulumi:").partition("::")[0]


def project_of(urn: str) -> str:
    """Return the project's name in a URN."""
    return urn.split("::")[1]
