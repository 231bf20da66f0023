"""What a model costs a month at the fewest, the usual and the most replicas its environments may have.

Money is for replicas that are up, by the minute, model load included (Baseten docs: billing). Under schedules each
hour counts with the replicas that hold then. A price that is not known is `None` and stays so in every sum it enters:
unknown, never zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.instances import AS_OF, SKUS, find_sku
from baseten_tei.deployment.money import prices
from baseten_tei.deployment.schedules.hours import (
    OTHERWISE,
    Held,
    Month,
    held_settings,
    month_minutes,
)
from baseten_tei.deployment.schedules.spec_sentences import are_readable
from baseten_tei.spec.args import Autoscaling, ModelArgs

Usd = float | None
"""US dollars; `None` where a price is not known."""


@dataclass(frozen=True)
class Prices:
    """US dollars per minute of one replica, by instance type; `source` says whose prices, of which day."""

    source: str
    per_minute: Mapping[str, float]

    def of(self, instance_type: str) -> Usd:
        """Return the price under this name, or under the name that it goes by today."""
        listed = find_sku(instance_type)
        names = (instance_type, listed.name if listed else instance_type)
        return next((self.per_minute[name] for name in names if name in self.per_minute), None)


LISTED = Prices(f"Baseten's price list of {AS_OF}", {it.name: it.price for it in SKUS})
"""The project's own table, for previews without a key."""


@dataclass(frozen=True)
class Monthly:
    """US dollars a month; `unpriced` names the instance types whose price is not in the sums."""

    minimum: Usd
    typical: Usd
    maximum: Usd
    unpriced: frozenset[str] = field(default_factory=frozenset)
    scheduled: bool = False
    """Whether the replicas of some environment follow schedules, so that each hour counts with its own."""


@dataclass(frozen=True)
class Hours:
    """Some hours of a month in one environment: their number, replicas, and US dollars an hour."""

    environment: str
    held: Held
    minimum: Usd
    typical: Usd
    maximum: Usd


NOTHING = Monthly(0.0, 0.0, 0.0)
"""A model that is not there."""
UNREADABLE = Monthly(None, None, None, frozenset({"schedules that cannot be read"}))
"""A model that a rule refuses for its schedules."""


def typical_replicas(min_replica: int) -> int:
    """Return what is up where nobody measured: the replicas kept up, and at least one for a model in use."""
    return max(min_replica, 1)


def instance_type(args: ModelArgs) -> str:
    """Return the instance that a replica runs on; the GPU's name where no listed instance has it."""
    accelerator = accelerator_of(args)
    found = prices.sku_of(args, accelerator)
    return found.name if found else args.instance_type or accelerator


def monthly(args: ModelArgs, known: Prices, month: Month | None = None) -> Monthly:
    """Return a model in all of its environments, in an average month of 730 hours or in a calendar month."""
    if not are_readable(args):
        return UNREADABLE
    name = instance_type(args)
    price = known.of(name)
    environments = (it.autoscaling for it in all_environments(args).values())
    summed = total(_environment(it, price, month) for it in environments)
    unpriced = frozenset() if price is not None else frozenset({name})
    return Monthly(summed.minimum, summed.typical, summed.maximum, unpriced, summed.scheduled)


def by_hour(args: ModelArgs, known: Prices, month: Month | None = None) -> list[Hours]:
    """Return what the hours of each environment with schedules cost; nothing of one without."""
    if not are_readable(args):
        return []
    price = known.of(instance_type(args))
    return [
        Hours(name, it, *(_usd(price, 60, count) for count in _replicas(it)))
        for name, environment in all_environments(args).items()
        if _is_scheduled(held := held_settings(environment.autoscaling, month))
        for it in held
    ]


def with_replicas(
    cost: Monthly, args: ModelArgs, known: Prices, replicas: float, month: Month | None = None
) -> Monthly:
    """Return the cost of a model whose typical replicas, in all environments together, are these."""
    price = known.of(instance_type(args)) if are_readable(args) else None
    return replace(cost, typical=_usd(price, month_minutes(month), replicas))


def replica_bounds(args: ModelArgs, month: Month | None = None) -> tuple[float, float]:
    """Return the fewest and the most replicas of a model on average over a month, in all environments together."""
    if not are_readable(args):
        return 0.0, inf
    least = most = 0.0
    for environment in all_environments(args).values():
        held = [it for it in held_settings(environment.autoscaling, month) if not it.once]
        minutes = sum(it.minutes for it in held)
        least += sum(it.minutes * it.min_replica for it in held) / minutes
        most += sum(it.minutes * it.max_replica for it in held) / minutes
    return least, most


def total(costs: Iterable[Monthly]) -> Monthly:
    """Return the sum; a figure with an unknown part is unknown."""
    found = list(costs)
    columns = ([getattr(it, key) for it in found] for key in ("minimum", "typical", "maximum"))
    minimum, typical, maximum = (_sum(column) for column in columns)
    unpriced = frozenset(name for it in found for name in it.unpriced)
    return Monthly(minimum, typical, maximum, unpriced, any(it.scheduled for it in found))


def _environment(autoscaling: Autoscaling, price: Usd, month: Month | None) -> Monthly:
    held = held_settings(autoscaling, month)
    counted = [(it.minutes, _replicas(it)) for it in held if not it.once]
    minimum, typical, maximum = (
        _sum(_usd(price, minutes, replicas[column]) for minutes, replicas in counted)
        for column in range(3)
    )
    return Monthly(minimum, typical, maximum, scheduled=_is_scheduled(held))


def _is_scheduled(held: Iterable[Held]) -> bool:
    return any(it.when != OTHERWISE for it in held)


def _replicas(held: Held) -> tuple[int, int, int]:
    """The fewest, the usual and the most."""
    return held.min_replica, typical_replicas(held.min_replica), held.max_replica


def _usd(per_minute: Usd, minutes: float, replicas: float) -> Usd:
    return None if per_minute is None else per_minute * minutes * replicas


def _sum(parts: Iterable[Usd]) -> Usd:
    known = list(parts)
    return None if None in known else sum(it for it in known if it is not None)
