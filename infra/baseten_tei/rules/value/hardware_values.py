"""Checks of accelerator, instance, CPUs and memory."""

import re
from collections.abc import Iterator

from baseten_tei.deployment import instances
from baseten_tei.facts.tei import gpus
from baseten_tei.facts.tei.images import image_for
from baseten_tei.spec.args import ModelArgs

_QUANTITIES = {"cpu": (r"\d+m?", '"4"'), "memory": (r"\d+(\.\d+)?[KMGTPE]i?", "16Gi")}
"""Forms that Truss takes (0.18.35, `Resources`), and an example of each."""


def placement_problems(args: ModelArgs) -> Iterator[str]:
    """Yield a line for hardware Baseten does not have, amounts Truss does not take, GPUs TEI has no image for."""
    for key, (form, example) in _QUANTITIES.items():
        value = getattr(args, key)
        if value is not None and not re.fullmatch(form, value):
            yield f"{key} {value!r} is not a valid quantity: write {key}: {example}"
        elif value is not None and args.instance_type is not None:
            yield f"{key} and instance_type are both set, and Baseten would ignore {key}: keep one of them"
    if args.instance_type is None:
        accelerator = args.accelerator or gpus.DEFAULT_ACCELERATOR
    elif args.accelerator is not None:
        yield "accelerator and instance_type are both set: keep one of them"
        return
    elif (found := instances.parse_instance(args.instance_type)) is None:
        yield (
            f"instance_type {args.instance_type!r} is not one Baseten has: "
            "write e.g. instance_type: L4:4x16, or accelerator: L4"
        )
        return
    elif found.gpu_count > 1:
        yield (
            f"instance_type {args.instance_type} has {found.gpu_count} GPUs and TEI uses one: write "
            f"accelerator: {found.accelerator}, and scale with autoscaling.max_replica"
        )
        return
    else:
        accelerator = found.accelerator
    yield from _image(accelerator, args)


def _image(accelerator: str, args: ModelArgs) -> Iterator[str]:
    image = image_for(accelerator, args.tei_version)
    if isinstance(image, str):
        yield image
    elif image.no_build and args.weights == "baked":
        yield (
            f"weights: baked needs a Truss build, and TEI {args.tei_version} runs from the unmodified "
            "upstream image: write weights: cached, or tei_version: 1.8.3"
        )
