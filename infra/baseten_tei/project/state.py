"""What a stack's state knows of Baseten, from `pulumi stack export`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from baseten_tei.deployment.ownership import Owner, owner_of
from baseten_tei.deployment.push_job import PREFIX
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.project.urns import kind_of
from baseten_tei.spec.type_tokens import (
    COMPONENTS,
    ENVIRONMENT,
    MODEL,
    PROVIDER,
    PUSH,
    SECRET,
    STATE_ID,
)

_ONE = ("deployment_id", "previous_deployment_id", "failed_deployment_id", "deployment")
_MANY = ("kept_deployment_ids",)


@dataclass(frozen=True)
class State:
    """The stack's models by `(team, name)`, the deployments that some resource names, what is not finished."""

    models: Mapping[tuple[str | None, str], str]
    """Each with the digest of its wanted version; empty where it is pinned everywhere."""
    deployment_ids: frozenset[str]
    pending: tuple[str, ...]
    """Operations that were cut off, and not made up for since: `creating bge-push`."""
    state_id: str | None = None
    """The state's own; a state of an earlier release has none until its next `up`."""
    known_as: tuple[str, ...] = ()
    """What its resources' owner was called before."""
    urls: tuple[str, ...] = ()
    """Where the models are called, as they were at the last `up`."""

    def owner(self, now: Owner) -> Owner:
        """Return whose deployments are this state's, where the stack is called so now."""
        return replace(now, state_id=self.state_id, known_as=self.known_as)


def parse_state(exported: Mapping[str, Any]) -> State:
    """Return the state of an export; one without a deployment is an empty stack's."""
    deployment = exported.get("deployment") or {}
    resources = [it for it in deployment.get("resources") or () if not it.get("delete")]
    # What an import could not know is in its inputs from the first `up` on.
    every = [
        (it["type"], (it.get("inputs") or {}) | (it.get("outputs") or {}))
        for it in resources
        if it["type"].startswith(PROVIDER)
    ]
    models = [values for kind, values in every if kind == MODEL]
    return State(
        models={(it.get("team"), it["name"]): str(it.get("digest") or "") for it in models},
        deployment_ids=frozenset(_ids(resources)),
        pending=tuple(_describe_operation(it) for it in cut_off(deployment)),
        state_id=next((it.get("value") for kind, it in every if kind == STATE_ID), None),
        known_as=tuple(sorted({mark for _, it in every for mark in _marks(it)})),
        urls=tuple(model_urls(resources)),
    )


def _marks(values: Mapping[str, Any]) -> Iterator[str]:
    """What a resource's owner is, or was, called: after `pulumi stack rename` still by the old name."""
    if values.get("project") and values.get("stack"):
        yield owner_of(values).words
    yield from (str(it) for it in (values.get("state_id"), *(values.get("known_as") or ())) if it)


def _ids(resources: list[Mapping[str, Any]]) -> Iterator[str]:
    for resource in resources:
        outputs = resource.get("outputs") or {}
        if resource["type"] == PUSH:
            yield from _pushed_deployments(outputs.get("stdout"))
        elif resource["type"] == ENVIRONMENT:
            yield from (outputs[key] for key in _ONE if outputs.get(key))
            yield from (it for key in _MANY for it in outputs.get(key) or ())
            lacks = outputs.get("no_capacity") or ()
            yield from (it["deployment_id"] for it in lacks if it.get("deployment_id"))


def model_urls(resources: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield where the models are called, as they were at the last `up`."""
    for resource in resources:
        outputs = resource.get("outputs") or {}
        if kind_of(resource["urn"]).startswith(COMPONENTS) and "predict_url" in outputs:
            yield str(outputs["predict_url"])


def _pushed_deployments(stdout: Any) -> Iterator[str]:
    """The deployment of a push step's one line; other people's Commands print what they like."""
    try:
        told = decode_json(stdout)
    except (TypeError, ValueError):
        return
    if isinstance(told, Mapping) and isinstance(told.get("deployment_id"), str):
        yield told["deployment_id"]


def cut_off(deployment: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the pending operations that no later `up` made up for: the engine keeps a create, once done again, too."""
    there = {it["urn"] for it in deployment.get("resources") or () if not it.get("delete")}
    for operation in deployment.get("pending_operations") or ():
        resource = operation["resource"]
        again = operation.get("type") == "creating" and resource["urn"] in there
        if not (again and _is_made_once(resource)):
            yield operation


def _describe_operation(operation: Mapping[str, Any]) -> str:
    name = operation["resource"]["urn"].rpartition("::")[2]
    return f"{operation.get('type', 'changing')} {name}"


def _is_made_once(resource: Mapping[str, Any]) -> bool:
    """Return whether a second create takes up what the first one made: ours do, by name or digest; others may not."""
    if resource["type"] == PUSH:
        return f"{PREFIX}DIGEST" in ((resource.get("inputs") or {}).get("environment") or {})
    return resource["type"] in (MODEL, ENVIRONMENT, SECRET)
