"""What a model costs a month at the fewest, the usual and the most replicas its environments may have.

Money is for replicas that are up, by the minute, model load included (Baseten docs: billing). A price that is
not known is `None` and stays so in every sum it enters: unknown, never zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from baseten_tei.deployment import prices
from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.instances import AS_OF, SKUS, find_sku
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


NOTHING = Monthly(0.0, 0.0, 0.0)
"""A model that is not there."""


def typical_replicas(autoscaling: Autoscaling) -> int:
    """Return what is up where nobody measured: the replicas kept up, and at least one for a model in use."""
    return max(autoscaling.min_replica, 1)


def instance_type(args: ModelArgs) -> str:
    """Return the instance that a replica runs on; the GPU's name where no listed instance has it."""
    accelerator = accelerator_of(args)
    found = prices.sku_of(args, accelerator)
    return found.name if found else args.instance_type or accelerator


def usd_per_month(per_minute: Usd, replicas: int) -> Usd:
    """Return the price of so many replicas that never sleep."""
    return None if per_minute is None else per_minute * prices.MINUTES_PER_MONTH * replicas


def monthly(args: ModelArgs, known: Prices) -> Monthly:
    """Return a model in all of its environments."""
    name = instance_type(args)
    price = known.of(name)
    summed = total(_environment(it.autoscaling, price) for it in all_environments(args).values())
    unpriced = frozenset() if price is not None else frozenset({name})
    return Monthly(summed.minimum, summed.typical, summed.maximum, unpriced)


def total(costs: Iterable[Monthly]) -> Monthly:
    """Return the sum; a figure with an unknown part is unknown."""
    found = list(costs)
    columns = ([getattr(it, key) for it in found] for key in ("minimum", "typical", "maximum"))
    minimum, typical, maximum = (_sum(column) for column in columns)
    unpriced = frozenset(name for it in found for name in it.unpriced)
    return Monthly(minimum, typical, maximum, unpriced)


def _environment(autoscaling: Autoscaling, price: Usd) -> Monthly:
    return Monthly(
        usd_per_month(price, autoscaling.min_replica),
        usd_per_month(price, typical_replicas(autoscaling)),
        usd_per_month(price, autoscaling.max_replica),
    )


def _sum(parts: Iterable[Usd]) -> Usd:
    known = list(parts)
    return None if None in known else sum(it for it in known if it is not None)
