"""Which TEI image runs on which GPU.

Source: TEI `backends/candle/src/compute_cap.rs` and the image table of its README (1.8 and 1.9): a router
compiled for one compute capability refuses to start on another, so the tag's prefix follows from the GPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from baseten_tei.facts.tei import releases
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY, CPU


@dataclass(frozen=True)
class Image:
    """An image reference, whether Truss can build on it, and the program that starts the router."""

    reference: str
    no_build: bool
    entrypoint: str


@dataclass(frozen=True)
class NoImage:
    """Why there is none, and what to write; `is_too_early`: a later release has one."""

    reason: str
    is_too_early: bool


def image_for(accelerator: str, tei_version: str) -> Image | NoImage:
    """Return the image for this GPU and release, or why there is none."""
    prefix = _prefix(accelerator, tei_version)
    if isinstance(prefix, NoImage):
        return prefix
    mirrored = tei_version in releases.MIRRORED
    repository = releases.MIRROR if mirrored else releases.UPSTREAM
    return Image(
        reference=f"{repository}:{prefix}{tei_version}",
        no_build=not mirrored,
        entrypoint=_entrypoint(accelerator, tei_version),
    )


def _prefix(accelerator: str, tei_version: str) -> str | NoImage:
    if accelerator == CPU:
        return "cpu-"
    capability = COMPUTE_CAPABILITY[accelerator]
    prefixes = image_prefixes(tei_version)
    if capability in prefixes:
        return prefixes[capability]
    if not any(capability in image_prefixes(it) for it in releases.KNOWN):
        return NoImage(
            f"accelerator {accelerator} has no TEI image (compute capability {capability / 10}): "
            "write accelerator: L4, A10G, A100, H100 or T4",
            is_too_early=False,
        )
    return NoImage(
        f"accelerator {accelerator} has no image for TEI {tei_version}: "
        f"write tei_version: {releases.ADVISED}",
        is_too_early=True,
    )


@cache
def image_prefixes(tei_version: str) -> Mapping[int, str]:
    """Return the compute capabilities that a release has images for → the prefix of the image's tag."""
    rows = releases.rows_of(releases.TABLE["images"], tei_version)
    return {row["compiled"]: row["prefix"] for row in rows if "compiled" in row}


def _entrypoint(accelerator: str, tei_version: str) -> str:
    """From 1.9.1 the GPU images' entrypoint picks the CUDA compatibility libraries for older drivers.

    Truss replaces the image's ENTRYPOINT by our start command, so we have to go through it ourselves.
    """
    if accelerator == CPU:
        return "text-embeddings-router"
    (row,) = releases.rows_of(releases.TABLE["entrypoints"], tei_version)
    return str(row["program"])
