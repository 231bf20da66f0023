"""The file that brings adopted models into a stack's state: `pulumi import --file`."""

from collections.abc import Iterable, Iterator
from typing import Any

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.ownership import Owner
from baseten_tei.operations.adoption.adoption_decision import Adopted
from baseten_tei.project.urns import urn_of
from baseten_tei.spec.hf_token import SECRET_NAME
from baseten_tei.spec.names import baseten_name
from baseten_tei.spec.type_tokens import PROVIDER, SECRET, STATE_ID, component_type


def import_file(adopted: Iterable[Adopted], team: str | None) -> dict[str, Any]:
    """Return the components, below each its model and environments, and the secret where a model reads it."""
    models = list(adopted)
    secret = {"type": SECRET, "name": SECRET_NAME, "id": _id(team, SECRET_NAME)}
    gated = [secret] if any(it.args.gated for it in models) else []
    return {"resources": [*gated, *(each for it in models for each in _resources(it, team))]}


def component_urn(owner: Owner, adopted: Adopted) -> str:
    """Return the URN of a model's component, for `--target`."""
    return urn_of(owner.project, owner.stack, component_type(adopted.args.task), adopted.name)


def state_id_urn(owner: Owner) -> str:
    """Return the URN of the state's id, for `--target`: what is only kept in the state cannot be imported."""
    return urn_of(owner.project, owner.stack, STATE_ID, "state-id")


def _resources(it: Adopted, team: str | None) -> Iterator[dict[str, Any]]:
    """Yield a model's entries, named by type too: one model may be called as another one's part is."""
    parent = f"component {it.name}"
    kind = component_type(it.args.task)
    yield {"type": kind, "name": parent, "logicalName": it.name, "component": True}
    on_baseten = baseten_name(it.name, it.args)
    yield _resource("Model", f"{it.name}-model", _id(team, on_baseten), parent)
    for name in all_environments(it.args):
        yield _resource("Environment", f"{it.name}-{name}", _id(team, on_baseten, name), parent)


def _resource(kind: str, name: str, resource_id: str, parent: str) -> dict[str, Any]:
    unique = {"type": f"{PROVIDER}{kind}", "name": f"{kind.lower()} {name}"}
    return {**unique, "logicalName": name, "id": resource_id, "parent": parent}


def _id(*parts: str | None) -> str:
    return "/".join(part for part in parts if part)
