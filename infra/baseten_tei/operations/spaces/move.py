"""What it means that the models under a name change places: for whom, and what is deleted."""

from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.operations.spaces.advance import find_pin
from baseten_tei.spec.spaces import Member, Role, expand

Spec = Mapping[str, Any]
_NOW: Mapping[Role, str] = {
    "current": "serves under the name",
    "next": "is to follow",
    "previous": "served before, and stays for the way back",
}


def check_move(model: str, before: Spec, after: Spec, *, can_protect: bool) -> None:
    """Raise `UserError` where a pin would keep a model as it is, or Pulumi would refuse to delete one that goes."""
    if pinned := find_pin(model, before):
        raise UserError(
            f"model {model!r}: its {pinned} is pinned (deployment: …): remove the pin and run `pulumi up` first"
        )
    for it in _find_gone(model, before, after):
        if can_protect and it.spec.get("protect") is not False:
            raise UserError(
                f"model {model!r}: {it.resource} would be deleted, and Pulumi protects it: write protect: false into "
                "previous, run `pulumi up`, then this again"
            )


def describe_move(model: str, before: Spec, after: Spec) -> Iterator[str]:
    """Yield what each model is after the change, and which one is deleted."""
    for role, it in expand(model, after).items():
        yield f"{it.resource} ({it.spec.get('model_id')}) {_NOW[role]}: {model}.{role}"
    for it in _find_gone(model, before, after):
        yield (
            f"{it.resource} ({it.spec.get('model_id')}) is deleted by the next `pulumi up`: whoever has an index of "
            "its space breaks"
        )


def _find_gone(model: str, before: Spec, after: Spec) -> list[Member]:
    kept = {it.resource for it in expand(model, after).values()}
    return [it for it in expand(model, before).values() if it.resource not in kept]
