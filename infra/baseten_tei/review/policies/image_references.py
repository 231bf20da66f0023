"""Image references: whether the image behind a name can change."""

import re

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_RELEASE = re.compile(r"(?:[a-z0-9]+-)?\d+\.\d+\.\d+")
"""TEI's: `1.8.3`, or `89-1.8.3` for one compute capability; `89-1.8` and `89-latest` move."""


def mutability_problem(reference: str) -> str | None:
    """Return why the image behind this name may change; `None` for a digest and a full release."""
    name, at, digest = reference.partition("@")
    if at:
        return None if _DIGEST.fullmatch(digest) else f"its digest {digest!r} is not a sha256"
    tag = _tag(name)
    if not tag:
        return "it has no tag, which means latest"
    return None if _RELEASE.fullmatch(tag) else f"its tag {tag!r} is not a full release"


def repository_of(reference: str) -> str:
    """Return the part before tag and digest; a registry's port is not a tag."""
    name = reference.partition("@")[0]
    tag = _tag(name)
    return name.removesuffix(f":{tag}") if tag else name.removesuffix(":")


def _tag(name: str) -> str:
    return name.rpartition("/")[2].partition(":")[2]
