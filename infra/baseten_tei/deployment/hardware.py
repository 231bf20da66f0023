"""Where a spec runs: its instance and image, or why there is none."""

from collections.abc import Mapping

from baseten_tei.deployment import instances
from baseten_tei.facts.tei import gpus
from baseten_tei.facts.tei.images import Image, image_for
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.spec.args import ModelArgs

_AMPERE = 80


def hardware_of(accelerator: str, env: Mapping[str, str]) -> Hardware:
    """Return the GPU under the image that is made for it; for one that nobody described, one without flash attention.

    The Turing image turns flash attention off ("precision issues"); a spec's env may turn it on.
    """
    if accelerator == gpus.CPU:
        return Hardware()
    capability = gpus.COMPUTE_CAPABILITY.get(accelerator, 0)
    asked = env.get("USE_FLASH_ATTENTION", str(capability >= _AMPERE))
    return Hardware(capability, capability, use_flash=asked.lower() == "true")


def first_accelerator(args: ModelArgs) -> str:
    """Return what a spec without an exact instance names, the first of its list; the default where it names none."""
    return args.accelerator or next(iter(args.accelerators or ()), gpus.DEFAULT_ACCELERATOR)


def resolve_hardware(args: ModelArgs) -> tuple[instances.Instance, Image]:
    """Return the instance and image of a spec that has no problems.

    Raises `ValueError` for one that has, which rules report first.
    """
    found = (
        instances.parse_instance(args.instance_type)
        if args.instance_type
        else instances.smallest_instance(first_accelerator(args))
    )
    image = found and image_for(found.accelerator, args.tei_version)
    if found is None or not isinstance(image, Image):
        raise ValueError(f"no image for {args.instance_type or args.accelerator}")
    return found, image
