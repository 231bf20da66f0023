"""What each model of a preview costs before and after, by the hour, and who says what its typical replicas are."""

from collections.abc import Iterator

from baseten_tei.deployment.money.costs import (
    NOTHING,
    Hours,
    Monthly,
    by_hour,
    monthly,
    replica_bounds,
    with_replicas,
)
from baseten_tei.review.report.before_and_after import ModelChange, ModelState, model_changes
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.knowledge import Knowledge
from baseten_tei.review.report.report_data import HourlyCost, Money
from baseten_tei.review.usage.measured import ESTIMATE, Measured
from baseten_tei.spec.args import ModelArgs


def find_costs(change: ModelChange, known: Knowledge) -> tuple[Monthly, Monthly]:
    """Return the cost before and after: nothing on an emulator."""
    if not known.real_account:
        return NOTHING, NOTHING
    found = _measured(change, known)
    before, after = (_state_cost(it, known) for it in (change.before, change.after))
    if found is None:
        return before, after
    return (
        _with_measured(before, change.before, found.replicas, known),
        _with_measured(after, change.after, _replicas_after(change, found, known), known),
    )


def _state_cost(state: ModelState | None, known: Knowledge) -> Monthly:
    if state is None:
        return NOTHING
    if state.args is None:
        return Monthly(None, None, None, frozenset({"a spec of another version"}))
    return monthly(state.args, known.prices, known.month)


def _with_measured(
    cost: Monthly, state: ModelState | None, replicas: float, known: Knowledge
) -> Monthly:
    args = state.args if state else None
    return with_replicas(cost, args, known.prices, replicas, known.month) if args else cost


def _measured(change: ModelChange, known: Knowledge) -> Measured | None:
    """Return what was up of a model, where it is on Baseten and somebody asked."""
    return (known.replicas or {}).get(model_id_of(change.before)) if change.before else None


def model_id_of(state: ModelState) -> str:
    """Return the id on Baseten; empty if none is known."""
    return next((str(it["model_id"]) for it in state.outputs.values() if it.get("model_id")), "")


def environments_by_id(preview: Preview) -> dict[str, set[str]]:
    """Return the environments that are on Baseten, by their model's id there."""
    before = (it.before for it in model_changes(preview).values())
    return {model_id_of(it): set(it.outputs) for it in before if it and model_id_of(it)}


def _replicas_after(change: ModelChange, found: Measured, known: Knowledge) -> float:
    """Return what will be up: as many as were, but as few or as many as new bounds allow."""
    before, after = (it.args if it else None for it in (change.before, change.after))
    if after is None:
        return found.replicas
    least, most = replica_bounds(after, known.month)
    same = before is not None and (least, most) == replica_bounds(before, known.month)
    return found.replicas if same else min(max(found.replicas, least), most)


def describe_typical(change: ModelChange, known: Knowledge) -> str:
    """Return who says what the typical replicas are; empty where nobody asked, or nothing is billed."""
    if known.replicas is None or not known.real_account:
        return ""
    found = _measured(change, known)
    if found is None:
        new = "" if change.before else ", for it is new"
        return f"{ESTIMATE}{new}"
    after = _replicas_after(change, found, known)
    bounds = "" if after == found.replicas else f"; the new bounds make it {after:.4g}"
    return f"{found.replicas:.4g} replicas on average, {found.source}{bounds}"


def hourly_costs(args: ModelArgs, known: Knowledge) -> Iterator[HourlyCost]:
    """Yield what the hours of each environment with schedules cost; nothing on an emulator."""
    every = by_hour(args, known.prices, known.month) if known.real_account else ()
    for it in every:
        yield HourlyCost(
            environment=it.environment,
            when=it.held.when,
            hours=round(it.held.minutes / 60, 2),
            once=it.held.once,
            replicas=_describe_bounds(it),
            usd=Money(minimum=it.minimum, typical=it.typical, maximum=it.maximum),
        )


def _describe_bounds(it: Hours) -> str:
    least, most = it.held.min_replica, it.held.max_replica
    return str(least) if least == most else f"{least} to {most}"


def describe_prices(known: Knowledge) -> str:
    """Return whose prices they are, and what else the costs go by."""
    month = f", for the hours of {known.month}" if known.month else ""
    asked = (
        ", typical replicas as measured where Baseten says them"
        if known.replicas is not None
        else ""
    )
    return f"{known.prices.source}{month}{asked}"
