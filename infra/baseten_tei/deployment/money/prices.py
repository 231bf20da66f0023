"""What a replica costs: the instance that a spec lands on, and its price.

The table itself, with its source, is `instances`: US dollars per minute that a replica is up, model load
included.
"""

from baseten_tei.deployment.instances import (
    SKUS,
    Sku,
    find_cheapest_sku,
    find_sku,
    parse_gibibytes,
    parse_vcpus,
)
from baseten_tei.deployment.schedules.hours import MINUTES_PER_MONTH
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.spec.args import ModelArgs

_WITHOUT_GPU = {"cpu": "4", "memory": "16Gi"}
"""What the generated config asks for where the spec does not."""


def usd_per_month(found: Sku) -> float:
    """Return one replica that never sleeps."""
    return found.price * MINUTES_PER_MONTH


def smallest(accelerator: str) -> Sku | None:
    """Return the cheapest instance with such a GPU; `None` where the list has none (L40S, A100_40GB)."""
    return find_cheapest_sku(accelerator)


def sku_of(args: ModelArgs, accelerator: str) -> Sku | None:
    """Return the instance that Baseten takes for a spec, with this accelerator; `None` where none is large enough."""
    if args.instance_type is not None:
        return find_sku(args.instance_type)
    default = _WITHOUT_GPU if accelerator == CPU else {}
    asked = {key: getattr(args, key) or default.get(key) for key in ("cpu", "memory")}
    return find_cheapest_sku(
        accelerator, parse_vcpus(asked["cpu"]) or 0, parse_gibibytes(asked["memory"]) or 0
    )


def by_price(args: ModelArgs) -> list[Sku]:
    """Return, per GPU family, the instance that Baseten takes for this spec, if it has one GPU: cheapest first."""
    families = dict.fromkeys(it.gpu for it in SKUS if it.gpu != CPU)
    found = [it for gpu in families if (it := sku_of(args, gpu)) is not None and it.gpu_count == 1]
    return sorted(found, key=lambda it: it.price)
