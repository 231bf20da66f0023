"""Which TEI image runs on which GPU.

Source: TEI `backends/candle/src/compute_cap.rs` and the image table of its README (1.8 and 1.9): a router
compiled for one compute capability refuses to start on another, so the tag's prefix follows from the GPU.
"""

from dataclasses import dataclass

from baseten_tei.facts.tei import releases
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY, CPU

IMAGE_PREFIX = {
    75: "turing-",
    80: "",
    86: "86-",
    89: "89-",
    90: "hopper-",
    100: "100-",
    120: "120-",
}
BLACKWELL = (100, 120)


@dataclass(frozen=True)
class Image:
    """An image reference, whether Truss can build on it, and the program that starts the router."""

    reference: str
    no_build: bool
    entrypoint: str


def image_for(accelerator: str, tei_version: str) -> Image | str:
    """Return the image for this GPU and release, or the reason why there is none."""
    prefix = _prefix(accelerator, tei_version)
    if isinstance(prefix, _NoImage):
        return prefix.reason
    mirrored = tei_version in releases.MIRRORED
    repository = releases.MIRROR if mirrored else releases.UPSTREAM
    return Image(
        reference=f"{repository}:{prefix}{tei_version}",
        no_build=not mirrored,
        entrypoint=_entrypoint(accelerator, tei_version),
    )


@dataclass(frozen=True)
class _NoImage:
    reason: str


def _prefix(accelerator: str, tei_version: str) -> str | _NoImage:
    if accelerator == CPU:
        return "cpu-"
    capability = COMPUTE_CAPABILITY[accelerator]
    if capability not in IMAGE_PREFIX:
        return _NoImage(
            f"accelerator {accelerator} has no TEI image (compute capability {capability / 10}): "
            "write accelerator: L4, A10G, A100, H100 or T4"
        )
    if capability in BLACKWELL and not releases.at_least(tei_version, "1.9.0"):
        return _NoImage(
            f"accelerator {accelerator} has no image for TEI {tei_version}: "
            f"write tei_version: {releases.KNOWN[-1]}"
        )
    return IMAGE_PREFIX[capability]


def _entrypoint(accelerator: str, tei_version: str) -> str:
    """From 1.9.1 the GPU images' entrypoint picks the CUDA compatibility libraries for older drivers.

    Truss replaces the image's ENTRYPOINT by our start command, so we have to go through it ourselves.
    """
    if accelerator != CPU and releases.at_least(tei_version, "1.9.1"):
        return "/entrypoint.sh"
    return "text-embeddings-router"
