"""A stack's state, read for one question: what would the engine change although no input did?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from baseten_tei.project.state import cut_off, model_urls
from baseten_tei.project.urns import Values, is_ours, kind_of
from baseten_tei.spec.type_tokens import ENVIRONMENT, MODEL, SECRET

STACK = "pulumi:pulumi:Stack"
_UNFINISHED = {
    "delete": "what it replaced is still to be deleted",
    "pendingReplacement": "its replacement is not done",
    "initErrors": "its last change failed",
}
_AT_RELEASE = frozenset({
    "project", "stack", "state_id",
    "adopt", "expected", "golden", "new_space", "on_refusal", "keep_deployments", "deploy_timeout_minutes",
})  # fmt: skip
"""Inputs that alone change nothing: the outputs hold them as they were at the last release, or push."""


@dataclass(frozen=True)
class StoredResources:
    """The resources of this package in a stack's state, by URN."""

    resources: Mapping[str, Values]
    """As the state holds them; where there are two of one URN, the one that lives."""
    unfinished: Mapping[str, str]
    """Why the engine acts on a resource whatever its inputs are."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """What a model is under a name that has several, by its id on Baseten: `search.next`."""

    def inputs(self, urn: str) -> Values:
        """Return the resource's inputs."""
        return self.resources[urn].get("inputs") or {}

    def outputs(self, urn: str) -> Values:
        """Return the resource's outputs, with which a provider compares new inputs."""
        return self.resources[urn].get("outputs") or {}

    def of_kind(self, kind: str) -> list[str]:
        """Return URNs of the resources of a type."""
        return [urn for urn in self.resources if kind_of(urn) == kind]

    @property
    def urls(self) -> list[str]:
        """Return where the models are called, as they were at the last `up`."""
        return list(model_urls(self.resources.values()))

    def is_settled(self, urn: str) -> bool:
        """Return whether the same inputs change nothing, so that nothing else has to be looked at."""
        if urn in self.unfinished:
            return False
        kind, outputs = kind_of(urn), self.outputs(urn)
        if kind in (MODEL, ENVIRONMENT):
            return not outputs.get("drift") and _is_released(self.inputs(urn), outputs)
        return kind != SECRET


def _is_released(inputs: Values, outputs: Values) -> bool:
    """Return whether the outputs are those of these inputs: after a release that failed they are older ones."""
    pin = inputs.get("deployment") == outputs.get("deployment")
    return pin and all(outputs.get(k) == it for k, it in inputs.items() if k not in _AT_RELEASE)


def parse_resources(deployment: Mapping[str, Any]) -> StoredResources:
    """Parse `checkpoint.latest` of a state file, or `deployment` of `pulumi stack export`."""
    every = [it for it in deployment.get("resources") or () if is_ours(it["urn"])]
    pending = [it["resource"]["urn"] for it in cut_off(deployment)]
    begun = {urn: "an operation on it was cut off" for urn in pending if is_ours(urn)}
    unfinished = {it["urn"]: why for it in every for key, why in _UNFINISHED.items() if it.get(key)}
    return StoredResources(
        {it["urn"]: it for it in every if not it.get("delete")},
        {**begun, **unfinished},
        _find_roles(deployment),
    )


def _find_roles(deployment: Mapping[str, Any]) -> dict[str, str]:
    """Return what the stack's outputs say of the models that stand beside each other."""
    stacks = (it for it in deployment.get("resources") or () if kind_of(it["urn"]) == STACK)
    models = {name: it for each in stacks for name, it in _pairs(each.get("outputs"), "models")}
    return {
        str(space["baseten_id"]): f"{name}.{role}"
        for name, told in models.items()
        for role, space in _pairs(told, "spaces")
        if isinstance(space, Mapping) and "baseten_id" in space
    }


def _pairs(holder: object, key: str) -> Iterable[tuple[str, Any]]:
    """Return what a mapping of a mapping holds; nothing of anything else, for a program may export what it likes."""
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found.items() if isinstance(found, Mapping) else ()
