"""TEI releases we know, and where an image of each can be had.

Sources: tags of basetenlabs/truss-examples (mirror: 1.8.3 is its newest) and of
huggingface/text-embeddings-inference (upstream: v1.9.0 to v1.9.3).
"""

from functools import cache

MIRROR = "baseten/text-embeddings-inference-mirror"
"""Baseten's mirror adds the python3 that a Truss build asks its base image for."""

UPSTREAM = "ghcr.io/huggingface/text-embeddings-inference"
"""Upstream images carry no python3: Truss can only run them as they are (`no_build`)."""

MIRRORED = ("1.8.3",)
UPSTREAM_ONLY = ("1.9.0", "1.9.1", "1.9.2", "1.9.3")
KNOWN = MIRRORED + UPSTREAM_ONLY
DEFAULT = "1.8.3"


@cache
def parse_version(version: str) -> tuple[int, ...]:
    """Return `"1.8.3"` as `(1, 8, 3)`, for comparing."""
    return tuple(int(part) for part in version.split("."))


@cache
def at_least(version: str, other: str) -> bool:
    """Return whether `version` is `other` or newer."""
    return parse_version(version) >= parse_version(other)
