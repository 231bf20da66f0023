"""Ids of resources, as `pulumi import` takes them."""

from baseten_tei.errors import UserError

SHAPES = {
    "baseten:index:Model": "[team/]name",
    "baseten:index:Environment": "[team/]model/environment",
    "baseten:index:Secret": "[team/]name",
}


def not_there(kind: str, resource_id: str) -> UserError:
    """Who asks for a resource by its id alone, in an import or a read, means one that is there."""
    shape = SHAPES.get(kind, "name")
    return UserError(
        f"Baseten has no {kind.rpartition(':')[2]} {resource_id!r}: its id is {shape}; check each part, "
        "and that the API key sees its team"
    )
