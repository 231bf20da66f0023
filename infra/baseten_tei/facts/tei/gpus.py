"""GPUs and instance types of Baseten, as far as TEI cares.

Sources: compute capabilities are NVIDIA's; SKU names and sizes from Baseten docs (deployment/resources).
"""

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


def is_known(accelerator: str) -> bool:
    """Return whether it is one of Baseten's GPUs, or no GPU."""
    return accelerator == CPU or accelerator in COMPUTE_CAPABILITY
