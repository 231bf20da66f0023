"""What blocks the deletion of a model or an environment: everything else that would be deleted with it."""

from collections.abc import Collection, Iterable

from baseten_tei.baseten.versions import Serving, Version
from baseten_tei.deployment.ownership import Owner

PRODUCTION = "production"
WAY_OUT = "move them away, or write on_removal: retain to forget it, or force_delete: true to delete all of it"


def obstacles(
    versions: Iterable[Version],
    environments: Iterable[Serving],
    owner: Owner,
    taken_over: Collection[str] = (),
) -> list[str]:
    """Return other environments and foreign deployments of a model; `production` is every model's own.

    `taken_over` are the deployments that were there when the stack adopted the model.
    """
    others = [
        f"environment {it.name!r} ({it.current.id})"
        for it in environments
        if it.name != PRODUCTION and it.current
    ]
    foreign = [
        f"deployment {version.id}, which another pushed"
        for version in versions
        if not (owner.owns(version) or version.id in taken_over)
    ]
    return others + foreign


def deletion_problem(name: str, found: list[str]) -> str:
    """Return one line: what hangs on the model, and the ways out."""
    shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return f"model {name!r} is not deleted, because of {shown}: {WAY_OUT} (then `pulumi up` first)"
