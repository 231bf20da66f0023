"""What a stack's state knows of Baseten, from `pulumi stack export`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.json_reader import decode_json

MODEL = "baseten:index:Model"
ENVIRONMENT = "baseten:index:Environment"
PUSH = "command:local:Command"
_ONE = ("deployment_id", "previous_deployment_id", "failed_deployment_id", "deployment")
_MANY = ("kept_deployment_ids",)


@dataclass(frozen=True)
class State:
    """The stack's models by `(team, name)`, the deployments that some resource names, what is not finished."""

    models: Mapping[tuple[str | None, str], str]
    """Each with the digest of its wanted version; empty where it is pinned everywhere."""
    deployment_ids: frozenset[str]
    pending: tuple[str, ...]
    """Operations that were cut off: `creating bge-push`."""


def parse_state(exported: Mapping[str, Any]) -> State:
    """The state of an export; one without a deployment is an empty stack's."""
    deployment = exported.get("deployment") or {}
    resources = [it for it in deployment.get("resources") or () if not it.get("delete")]
    # What an import could not know is in its inputs from the first `up` on.
    every = [(it["type"], (it.get("inputs") or {}) | (it.get("outputs") or {})) for it in resources]
    models = [values for kind, values in every if kind == MODEL]
    return State(
        models={(it.get("team"), it["name"]): str(it.get("digest") or "") for it in models},
        deployment_ids=frozenset(_ids(resources)),
        pending=tuple(_pending(it) for it in deployment.get("pending_operations") or ()),
    )


def _ids(resources: list[Mapping[str, Any]]) -> Iterator[str]:
    for resource in resources:
        outputs = resource.get("outputs") or {}
        if resource["type"] == PUSH:
            yield from _pushed(outputs.get("stdout"))
        elif resource["type"] == ENVIRONMENT:
            yield from (outputs[key] for key in _ONE if outputs.get(key))
            yield from (it for key in _MANY for it in outputs.get(key) or ())


def _pushed(stdout: Any) -> Iterator[str]:
    """The deployment of a push step's one line; other people's Commands print what they like."""
    try:
        told = decode_json(stdout)
    except (TypeError, ValueError):
        return
    if isinstance(told, Mapping) and isinstance(told.get("deployment_id"), str):
        yield told["deployment_id"]


def _pending(operation: Mapping[str, Any]) -> str:
    return f"{operation.get('type', 'changing')} {_name(operation['resource']['urn'])}"


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
