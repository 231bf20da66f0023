"""Instance types of Baseten, with prices: where a request for a GPU, vCPUs and memory lands.

`instances.json` has the list, with its source and date. An account may have fewer: `GET /v1/instance_types` says which.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseten_tei.facts.tei.gpus import CPU, is_known

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


_LIST: Mapping[str, Any] = json.loads(Path(__file__).with_name("instances.json").read_text("utf-8"))
AS_OF: str = _LIST["as_of"]
"""When the prices were last compared with Baseten's pricing page."""
SKUS = tuple(Sku(*row) for row in _LIST["instances"])
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
    if not match or family is None or family == CPU or not is_known(family):
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
