"""What a change means where models stand beside each other: which space serves whom, and what they cost together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.deployment.differences import Texts
from baseten_tei.deployment.money.costs import Monthly, total
from baseten_tei.outputs.spaces.verified import describe_record, find_fault
from baseten_tei.review.report.before_and_after import ModelChange
from baseten_tei.review.report.sections.callers import Consequence
from baseten_tei.review.report.wording import format_usd
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spaces import Role, list_roles

Record = Mapping[str, Any]
Records = Mapping[str, Record]
Costs = Mapping[str, tuple[Monthly, Monthly]]


@dataclass(frozen=True)
class _Place:
    """Where a model stands: under which name, as what, with which others."""

    name: str
    role: Role
    roles: Mapping[Role, str]


def find_space_lines(
    models: Mapping[str, ModelChange], costs: Costs, verified: Records
) -> dict[str, list[Consequence]]:
    """Return the lines of each model that stands beside others, before the change or after it."""
    specs_before = {name: it.before.args for name, it in models.items() if it.before}
    specs_after = {name: it.after.args for name, it in models.items() if it.after}
    before, after = _places(specs_before), _places(specs_after)
    found = {}
    for resource in models:
        was, is_now = before.get(resource), after.get(resource)
        if (was and len(was.roles) > 1) or (is_now and len(is_now.roles) > 1):
            ids = {**_ids(specs_before), **_ids(specs_after)}
            found[resource] = [
                *_moves(was, is_now, ids),
                *_verification(models[resource], was, is_now, verified.get(resource)),
                *_sum(resource, is_now, costs),
            ]
    return found


def find_space_reasons(models: Mapping[str, ModelChange]) -> dict[str, Texts]:
    """Return what changes of the place of each model, and of those beside it, as `before → after`."""
    specs_before = {name: it.before.args for name, it in models.items() if it.before}
    specs_after = {name: it.after.args for name, it in models.items() if it.after}
    before, after = _places(specs_before), _places(specs_after)
    ids = {**_ids(specs_before), **_ids(specs_after)}
    return {
        resource: _reasons(before[resource], after[resource], ids)
        for resource in models
        if resource in before and resource in after
    }


def _reasons(was: _Place, is_now: _Place, ids: Mapping[str, str]) -> Texts:
    if was.role != is_now.role:
        return {"place": f"{was.name}.{was.role} → {is_now.name}.{is_now.role}"}
    if is_now.role != "current":
        return {}
    beside: tuple[Role, ...] = ("next", "previous")
    return {
        role: f"{_describe(was.roles.get(role), ids)} → {_describe(is_now.roles.get(role), ids)}"
        for role in beside
        if was.roles.get(role) != is_now.roles.get(role)
    }


def _describe(resource: str | None, ids: Mapping[str, str]) -> str:
    return f"{resource} ({ids.get(resource, '')})" if resource else "(none)"


def _places(specs: Mapping[str, ModelArgs | None]) -> dict[str, _Place]:
    known = {name: args for name, args in specs.items() if args is not None}
    return {
        resource: _Place(name, role, roles)
        for name, roles in list_roles(known).items()
        for role, resource in roles.items()
    }


def _ids(specs: Mapping[str, ModelArgs | None]) -> dict[str, str]:
    return {name: args.model_id for name, args in specs.items() if args is not None}


def _moves(
    was: _Place | None, is_now: _Place | None, ids: Mapping[str, str]
) -> Iterator[Consequence]:
    if is_now is None:
        yield from _retirement(was)
    elif is_now.role == (was.role if was else "current"):
        return
    elif is_now.role == "current":
        yield Consequence(
            False,
            f"serves as {is_now.name} from now on; its URLs stay, and whoever connects with expect_space and its space "
            "calls it already",
        )
    elif was and was.role == "current":
        heir, name = is_now.roles["current"], is_now.name
        yield Consequence(
            True,
            f"{name} serves {ids.get(heir, 'another model')} ({heir}) from now on, and this is {name}.{is_now.role}: "
            "whoever connects without expect_space and searches an index of this model's space gets vectors that do "
            "not compare with it, once the outputs are read again; whoever connects with expect_space notices nothing",
        )
        yield Consequence(False, "its URLs stay as long as it does")
    else:
        yield Consequence(False, _beside(is_now))


def _verification(
    change: ModelChange, was: _Place | None, is_now: _Place | None, record: Record | None
) -> Iterator[Consequence]:
    """Say what a verification found of an embedding model that was next and is current."""
    if not was or not is_now or (was.role, is_now.role) != ("next", "current"):
        return
    state = change.before
    if state is None or state.spec.get("task") != "embedding":
        return
    kept = {key: state.spec[key] for key in ("model_id", "revision") if state.spec.get(key)}
    fault = find_fault(record, {**kept, "fingerprint": state.serving.get("fingerprint")})
    if fault or record is None:
        yield Consequence(
            True, f"its index is not verified (the record of `baseten-tei space verify` {fault}): whoever searches "
            "with it may miss rows"
        )  # fmt: skip
    else:
        yield Consequence(False, f"its index is {describe_record(record)}")


def _beside(place: _Place) -> str:
    if place.role == "next":
        return (
            f"is {place.name}.next: whoever calls {place.name} notices nothing; an index of its space finds it by "
            "expect_space as soon as it serves, with a key that is for this model, too"
        )
    return f"is {place.name}.previous: whoever calls {place.name} notices nothing"


def _retirement(was: _Place | None) -> Iterator[Consequence]:
    if was and was.role != "current":
        yield Consequence(
            True,
            f"was {was.name}.{was.role}: whoever has an index of its space breaks; whoever calls {was.name} notices "
            "nothing",
        )


def _sum(resource: str, place: _Place | None, costs: Costs) -> Iterator[Consequence]:
    """Say what all under a name cost together, in the lines of what is current."""
    if place is None or place.role != "current" or len(place.roles) < 2:
        return
    together = total(costs[it][1] for it in place.roles.values() if it in costs)
    if together.typical:
        others = " and ".join(it for it in place.roles.values() if it != resource)
        yield Consequence(
            False, f"together with {others}: {format_usd(together.typical)} a month, typically"
        )
