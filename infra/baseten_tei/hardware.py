"""GPUs and instance types of Baseten, as far as TEI cares.

Sources: compute capabilities are NVIDIA's; SKU names and sizes from Baseten docs (deployment/resources).
"""

import re
from dataclasses import dataclass

DEFAULT_ACCELERATOR = "L4"
CPU = "CPU"

COMPUTE_CAPABILITY = {
    "V100": 70,
    "T4": 75,
    "A100": 80,
    "A100_40GB": 80,
    "A10G": 86,
    "L4": 89,
    "L40S": 89,
    "H100": 90,
    "H100_40GB": 90,
    "H200": 90,
    "B200": 100,
    "B300": 103,
    "GB300": 103,
    "RTX_PRO_6000": 120,
}

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


def instance(sku: str) -> Instance | None:
    """What an exact SKU holds; `None` where its form or GPU is unknown.

    `L4:4x16` is 4 vCPUs and 16 GiB, `L4:2x24x96` two GPUs, `H100:2` two GPUs, `4x16` no GPU.
    """
    if cpu := _CPU_SKU.fullmatch(sku):
        return Instance(CPU, 0, int(cpu["vcpus"]))
    match = _SKU.fullmatch(sku)
    family = match and _FAMILY.get(match["family"], match["family"])
    if not match or family not in COMPUTE_CAPABILITY:
        return None
    sizes = [int(part) for part in (match["size"] or "").split("x") if part]
    return _sized(family, sizes)


def _sized(family: str, sizes: list[int]) -> Instance:
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
    """The instance that Baseten takes for an accelerator alone."""
    count = 0 if accelerator == CPU else 1
    return Instance(accelerator, count, SMALLEST_VCPUS.get(accelerator, 4))
