"""Instance types, their prices, and which one a config's `resources` get.

Source: Baseten docs, deployment/resources (mid-2026): names are written as there, although they are not uniform.
Prices are USD per minute. The docs leave the API's `id` open; here it is the name.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseten_emulator.world.wire import bad_request


@dataclass(frozen=True)
class InstanceType:
    """One SKU. Memory in GiB; `price` in USD per minute; `vram` is the sum over its GPUs."""

    name: str
    price: float
    vcpu: int
    memory: int
    gpu: str | None = None
    gpu_count: int = 0
    vram: int = 0

    def view(self) -> dict[str, Any]:
        """Return the SKU as `InstanceTypeV1`."""
        return {
            "id": self.name,
            "name": self.name,
            "memory_limit_mib": self.memory * 1024,
            "millicpu_limit": self.vcpu * 1000,
            "gpu_count": self.gpu_count,
            "gpu_type": self.gpu,
            "gpu_memory_limit_mib": self.vram * 1024 if self.gpu else None,
        }


CATALOG = tuple(
    InstanceType(*row)
    for row in json.loads(Path(__file__).with_name("hardware.json").read_text("utf-8"))
)
REGIONS = {
    "us": {"slug": "us", "display_name": "United States"},
    "eu": {"slug": "eu", "display_name": "Europe"},
}
"""Where deployments can be placed, by slug; no region is Global."""
SMALLEST = CATALOG[0]
_BY_NAME = {sku.name: sku for sku in CATALOG} | {"L4x4x16": CATALOG[11]}  # its older spelling
_GIB = {"": 2**-30, "k": 1000 / 2**30, "M": 1e6 / 2**30, "G": 1e9 / 2**30, "T": 1e12 / 2**30,
        "Ki": 2**-20, "Mi": 2**-10, "Gi": 1.0, "Ti": 1024.0}  # fmt: skip


def instance_type(name: str) -> InstanceType:
    """Return the SKU of this exact name. Raises ApiError 400."""
    if name not in _BY_NAME:
        raise bad_request(f'"{name}" is not an instance type; GET /v1/instance_types lists them')
    return _BY_NAME[name]


def instance_type_for(resources: Mapping[str, Any]) -> InstanceType:
    """Return the cheapest SKU that holds `resources`; `instance_type` beats the rest (Baseten docs).

    So an L4 with more than 16Gi or 4 CPUs lands on two L4s. Raises ApiError 400 when none does.
    """
    if resources.get("instance_type"):
        return instance_type(str(resources["instance_type"]))
    gpu, _, count = str(resources.get("accelerator") or "").partition(":")
    cpu, memory = parse_cpu(resources.get("cpu", "1")), parse_memory(resources.get("memory", "2Gi"))
    fitting = [
        sku
        for sku in CATALOG
        if (sku.gpu or "") == gpu
        and sku.gpu_count >= (int(count or 1) if gpu else 0)
        and sku.vcpu >= cpu
        and sku.memory >= memory
    ]
    if not fitting:
        raise bad_request(f"no instance type holds resources {dict(resources)}")
    return min(fitting, key=lambda sku: sku.price)


def parse_cpu(text: str) -> float:
    """Return the CPUs of a Kubernetes quantity: "2" or "500m". Raises ApiError 400."""
    if not isinstance(text, str) or not re.fullmatch(r"\d+(\.\d+)?m?", text):
        raise bad_request(f'resources.cpu {text!r} is not a quantity such as "2" or "500m"')
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def parse_memory(text: str) -> float:
    """Return the GiB of a Kubernetes quantity such as "16Gi". Raises ApiError 400."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", text) if isinstance(text, str) else None
    if match is None or match[2] not in _GIB:
        raise bad_request(f'resources.memory {text!r} is not a quantity such as "16Gi"')
    return float(match[1]) * _GIB[match[2]]
