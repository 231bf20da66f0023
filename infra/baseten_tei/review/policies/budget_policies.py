"""Policies on what models may cost on a real account. An unknown price never counts as $0.

Under schedules each hour of an average month counts with the replicas that hold then.
"""

from collections.abc import Mapping

from baseten_tei.deployment.money.costs import Monthly, Usd
from baseten_tei.review.policies.policy import ModelPolicy, PlannedModel, StackPolicy
from baseten_tei.review.policies.sections import ModelBudget, Replicas, StackBudget, UnknownPrice
from baseten_tei.rules.rule import Finding


def _check_stack_budget(
    stack: str, costs: Mapping[str, Monthly], section: StackBudget
) -> Finding | None:
    limit = section.stacks.get(stack, section.usd)
    known = {
        name: usd for name, cost in costs.items() if (usd := _usd(cost, section.at)) is not None
    }
    spent = sum(known.values())
    if spent <= limit:
        return None  # where a price is missing, that is another policy's finding
    # Of equal ones the first by name: resources are registered in no certain order.
    most = min(known, key=lambda name: (-known[name], name))
    scheduled = any(costs[name].scheduled for name in known)
    at_least = "" if len(known) == len(costs) else "at least "
    return Finding(
        f"{at_least}{_dollars(spent)} a month at {_replicas(section.at, scheduled)} is above {_dollars(limit)}; "
        f"the largest is {most!r}, ${known[most]:,.0f}",
        f'{_cheaper(section.at, scheduled)}, or "stacks": {{"{stack}": {_enough(spent)}}} in stack-budget',
    )


def _check_model_budget(it: PlannedModel, section: ModelBudget) -> Finding | None:
    limit, usd = section.models.get(it.place, section.usd), _usd(it.cost, section.at)
    if usd is None or usd <= limit:
        return None
    return Finding(
        f"{_dollars(usd)} a month at {_replicas(section.at, it.cost.scheduled)} is above {_dollars(limit)}",
        f'{_cheaper(section.at, it.cost.scheduled)}, or "models": {{"{it.place}": {_enough(usd)}}} in model-budget',
    )


def _check_price(it: PlannedModel, _section: UnknownPrice) -> Finding | None:
    if not it.cost.unpriced:
        return None
    return Finding(
        f"the price of {', '.join(sorted(it.cost.unpriced))} is unknown, and so is what the model costs a month",
        "write an accelerator or instance_type of Baseten's price list, e.g. instance_type: L4:4x16",
    )


def _usd(cost: Monthly, at: Replicas) -> Usd:
    return {"minimum": cost.minimum, "typical": cost.typical, "maximum": cost.maximum}[at]


def _replicas(at: Replicas, scheduled: bool) -> str:
    return (
        f"{at} replicas, weighted by the hours of its schedules," if scheduled else f"{at} replicas"
    )


def _cheaper(at: Replicas, scheduled: bool) -> str:
    bound = "max_replica" if at == "maximum" else "min_replica"
    if scheduled:
        return f"write a lower {bound}, fewer hours in schedules or a cheaper accelerator"
    return f"write a lower {bound} or a cheaper accelerator"


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}"


def _enough(usd: float) -> int:
    """Return the next whole dollar, a budget that this fits."""
    return -int(-usd // 1)


POLICIES: tuple[ModelPolicy | StackPolicy, ...] = (
    StackPolicy("stack-budget", _check_stack_budget),
    ModelPolicy("model-budget", _check_model_budget, of_real_accounts=True),
    ModelPolicy("unknown-price", _check_price, of_real_accounts=True),
)
