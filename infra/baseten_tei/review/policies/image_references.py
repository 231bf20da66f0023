"""Image references: whether what one names can become something else."""

import re

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_RELEASE = re.compile(r"(?:[a-z0-9]+-)?\d+\.\d+\.\d+")
"""TEI's: `1.8.3`, or `89-1.8.3` for one compute capability; `89-1.8` and `89-latest` move."""


def mutability_problem(reference: str) -> str | None:
    """Why another image may stand under this name tomorrow; `None` for a digest and for a whole release."""
    name, at, digest = reference.partition("@")
    if at:
        return None if _DIGEST.fullmatch(digest) else f"its digest {digest!r} is no sha256"
    tag = _tag(name)
    if not tag:
        return "it has no tag, which means latest"
    return None if _RELEASE.fullmatch(tag) else f"its tag {tag!r} is no whole release"


def repository_of(reference: str) -> str:
    """The part that tag and digest follow; a registry's port is no tag."""
    name = reference.partition("@")[0]
    tag = _tag(name)
    return name.removesuffix(f":{tag}") if tag else name.removesuffix(":")


def has_digest(reference: str) -> bool:
    """Whether it names the image's own bytes."""
    return "@" in reference


def _tag(name: str) -> str:
    return name.rpartition("/")[2].partition(":")[2]
