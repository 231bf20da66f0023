"""Instance types of Baseten, with prices: where a request for a GPU, vCPUs and memory lands.

Source: Baseten docs (deployment/resources), read in mid-2026, prices checked against the pricing page on
2026-08-27. An account may have fewer: `GET /v1/instance_types` says which.
"""

import re
from dataclasses import dataclass

from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY, CPU

ON_REQUEST = frozenset({"H200", "B200"})
"""GPUs that the documentation gives "on request"."""

WITHOUT_INSTANCE = {"L40S": "L4", "A100_40GB": "A100"}
"""GPUs that truss takes and no listed instance has → one that is listed and fits in their place."""


@dataclass(frozen=True)
class Sku:
    """One instance type. Price in USD per minute a replica is up, memory in GiB."""

    name: str
    price: float
    vcpus: int
    memory_gib: int
    gpu: str
    gpu_count: int


def _several(
    name: str, gpu: str, price: float, vcpus: int, memory: int, counts: tuple[int, ...]
) -> tuple[Sku, ...]:
    """Instances of one family whose price and sizes are those of one GPU times their count."""
    return tuple(
        Sku(name if n == 1 else f"{name}:{n}", round(price * n, 5), vcpus * n, memory * n, gpu, n)
        for n in counts
    )


def _a100(count: int) -> Sku:
    sizes = f"{12 * count}x{144 * count}"
    name = f"A100:{sizes}" if count == 1 else f"A100:{count}x{sizes}"
    return Sku(name, round(0.06667 * count, 5), 12 * count, 144 * count, "A100", count)


SKUS: tuple[Sku, ...] = (
    Sku("1x2", 0.00058, 1, 2, CPU, 0),
    Sku("1x4", 0.00086, 1, 4, CPU, 0),
    Sku("2x8", 0.00173, 2, 8, CPU, 0),
    Sku("4x16", 0.00346, 4, 16, CPU, 0),
    Sku("8x32", 0.00691, 8, 32, CPU, 0),
    Sku("16x64", 0.01382, 16, 64, CPU, 0),
    Sku("T4x4x16", 0.01052, 4, 16, "T4", 1),
    Sku("T4x8x32", 0.01504, 8, 32, "T4", 1),
    Sku("T4x16x64", 0.02408, 16, 64, "T4", 1),
    Sku("T4:2x24x96", 0.03912, 24, 96, "T4", 2),
    Sku("T4:4x48x192", 0.07824, 48, 192, "T4", 4),
    Sku("L4:4x16", 0.01414, 4, 16, "L4", 1),
    Sku("L4:2x24x96", 0.04002, 24, 96, "L4", 2),
    Sku("L4:4x48x192", 0.08003, 48, 192, "L4", 4),
    Sku("A10Gx4x16", 0.02012, 4, 16, "A10G", 1),
    Sku("A10Gx8x32", 0.02424, 8, 32, "A10G", 1),
    Sku("A10Gx16x64", 0.03248, 16, 64, "A10G", 1),
    Sku("A10G:2x24x96", 0.05672, 24, 94, "A10G", 2),
    Sku("A10G:4x48x192", 0.11344, 48, 188, "A10G", 4),
    Sku("A10G:8x192x768", 0.32576, 192, 750, "A10G", 8),
    *(_a100(count) for count in range(1, 9)),
    Sku("H100MIG", 0.0625, 8, 59, "H100_40GB", 1),
    *_several("H100", "H100", 0.10833, 16, 118, (1, 2, 4, 8)),
    *_several("H200", "H200", 0.125, 16, 200, (1, 2, 4, 8)),
    *_several("B200", "B200", 0.16633, 16, 224, (1, 2, 4, 8)),
    *_several("RTX-PRO-6000", "RTX_PRO_6000", 0.06667, 16, 116, (1, 2, 4, 8)),
)
BY_NAME = {sku.name: sku for sku in SKUS}
GPUS = frozenset(sku.gpu for sku in SKUS)

_ALIASES = {"L4x4x16": "L4:4x16"}
"""Older names that are still taken; CPU instances were once called `CPU:4x16`."""

_GIB = {
    unit: 1024 ** (power - 3) if unit.endswith("i") else 1000**power / 1024**3
    for power, letter in enumerate("KMGTPE", start=1)
    for unit in (letter, letter + "i")
}


def find_sku(name: str) -> Sku | None:
    """Return the instance of that name, today's or an older one; `None` where the list has none."""
    return BY_NAME.get(_ALIASES.get(name, name.removeprefix("CPU:")))


def find_cheapest_sku(gpu: str, vcpus: float = 0, memory_gib: float = 0) -> Sku | None:
    """Return the cheapest instance with such a GPU that holds that much; `None` where none does."""
    fitting = [
        it for it in SKUS if it.gpu == gpu and it.vcpus >= vcpus and it.memory_gib >= memory_gib
    ]
    return min(fitting, key=lambda it: it.price, default=None)


def parse_vcpus(cpu: str | None) -> float | None:
    """Return vCPUs: 4.0 for `"4"`, 0.5 for `"500m"`; `None` for what is not a quantity."""
    match = re.fullmatch(r"(\d{1,9})(m?)", cpu or "", re.ASCII)
    return match and int(match[1]) / (1000 if match[2] else 1)


def parse_gibibytes(memory: str | None) -> float | None:
    """Return GiB: 16.0 for `"16Gi"`, 14.9 for `"16G"`; `None` for what is not a quantity."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([KMGTPE]i?)", memory or "", re.ASCII)
    return match and float(match[1]) * _GIB[match[2]]


SMALLEST_VCPUS = {
    CPU: 4, "T4": 4, "L4": 4, "A10G": 4, "A100": 12, "H100_40GB": 8, "H100": 16, "H200": 16,
    "B200": 16, "RTX_PRO_6000": 16,
}  # fmt: skip
"""vCPUs of the smallest instance with one such GPU (CPU: of the one we ask for); others count as 4."""


_FAMILY = {"H100MIG": "H100_40GB", "RTX-PRO-6000": "RTX_PRO_6000"}


_SKU = re.compile(
    r"(?P<family>[A-Z][A-Z0-9_-]*?)(?:[:x](?P<size>[1-9]\d*(?:x[1-9]\d*)*))?", re.ASCII
)


_CPU_SKU = re.compile(r"(?:CPU:)?(?P<vcpus>[1-9]\d*)x[1-9]\d*", re.ASCII)


@dataclass(frozen=True)
class Instance:
    """The part of an instance type that decides image and flags."""

    accelerator: str
    gpu_count: int
    vcpus: int


def parse_instance(sku: str) -> Instance | None:
    """Return what an exact SKU holds; `None` where its form or GPU is unknown.

    `L4:4x16` is 4 vCPUs and 16 GiB, `L4:2x24x96` two GPUs, `H100:2` two GPUs, `4x16` no GPU.
    """
    if cpu := _CPU_SKU.fullmatch(sku):
        return Instance(CPU, 0, int(cpu["vcpus"]))
    match = _SKU.fullmatch(sku)
    family = match and _FAMILY.get(match["family"], match["family"])
    if not match or family not in COMPUTE_CAPABILITY:
        return None
    sizes = [int(part) for part in (match["size"] or "").split("x") if part]
    return _instance_of_sizes(family, sizes)


def _instance_of_sizes(family: str, sizes: list[int]) -> Instance:
    smallest = SMALLEST_VCPUS.get(family, 4)
    match sizes:
        case [count, vcpus, _]:
            return Instance(family, count, vcpus)
        case [vcpus, _]:
            return Instance(family, 1, vcpus)
        case [count]:
            return Instance(family, count, smallest * count)
        case _:
            return Instance(family, 1, smallest)


def smallest_instance(accelerator: str) -> Instance:
    """Return the instance that Baseten takes for an accelerator alone."""
    count = 0 if accelerator == CPU else 1
    return Instance(accelerator, count, SMALLEST_VCPUS.get(accelerator, 4))
