"""Ids of resources, as `pulumi import` takes them."""

from collections.abc import Callable

from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.spec.type_tokens import API_KEY, ENVIRONMENT, MODEL, SECRET

SHAPES = {
    MODEL: "[team/]name",
    ENVIRONMENT: "[team/]model/environment",
    SECRET: "[team/]name",
    API_KEY: "the prefix that https://app.baseten.co/settings/api_keys shows",
}


def join_id(name: str, team: str | None) -> str:
    """Return the ID of a model or a secret."""
    return f"{team}/{name}" if team else name


def current_id(kind: str, resource_id: str, state: Values) -> str:
    """Return the id of a resource by the name that it has: the engine keeps the first one, also of a renamed model."""
    if kind == MODEL and "name" in state:
        return join_id(state["name"], state.get("team"))
    if kind == ENVIRONMENT and "model" in state:
        return f"{join_id(state['model'], state.get('team'))}/{state['environment']}"
    return resource_id


def not_there(kind: str, resource_id: str) -> UserError:
    """Return the error for an import or read whose ID matches nothing."""
    shape = SHAPES.get(kind, "name")
    return UserError(
        f"Baseten has no {kind.rpartition(':')[2]} {resource_id!r}: its id is {shape}; check each part, "
        "and that the API key sees its team"
    )


def is_one_model(
    find: Callable[[str, str | None], str | None],
    old: tuple[str, str | None],
    new: tuple[str, str | None],
) -> bool:
    """Return whether two pairs of a model's name and its team find the same model, however each names its team."""
    found = find(*old)
    return found is not None and found == find(*new)
