"""Reading an image reference of TEI as people write it: by tag, by digest, by both, from any registry.

Tags: `89-1.9.3`, `89-1.9`, `latest`, `hopper-latest`, `cpu-arm64-1.9.4`, each also with `-grpc`; of TEI's CI
(.github/workflows/build.yaml) and of Baseten's mirror.
"""

import re
from dataclasses import dataclass

from baseten_tei.facts.tei import releases

_NAME = r"(?P<name>(?:[\w.-]+(?::\d+)?/)?(?:[\w.-]+/)*text-embeddings-inference(?:-mirror)?)"
_REFERENCE = re.compile(
    rf"(?:docker://)?{_NAME}(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?",
    re.ASCII | re.IGNORECASE,
)
_TAG = re.compile(
    r"(?:(?P<variant>[a-z0-9][a-z0-9-]*)-)?v?(?P<version>latest|\d+\.\d+(?:\.\d+)?)(?P<grpc>-grpc)?"
)
LATEST = "latest"


@dataclass(frozen=True)
class ImageReference:
    """What a reference says; `version` is what its tag names: `1.9.3`, `1.9`, `latest`."""

    name: str
    variant: str
    version: str
    digest: str | None = None

    @property
    def release(self) -> str:
        """The release that runs: of a tag that moves, the newest that is known here."""
        if self.version == LATEST:
            return releases.NEWEST
        is_minor = self.version.count(".") == 1 and releases.is_known_minor(self.version)
        return releases.newest_of(self.version) if is_minor else self.version

    @property
    def is_moving(self) -> bool:
        """Whether what it names changes with the next release."""
        return self.digest is None and self.version.count(".") != 2


def read_image(text: str) -> ImageReference | str:
    """Return an image reference as TEI's, or why it cannot be."""
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return f"base_image {text!r} is not a release of TEI's own image"
    digest = match["digest"]
    tag = match["tag"] or (_tag_of(digest) if digest else LATEST)
    if tag is None:
        return (
            f"base_image {text!r} has a digest that is not known here, and no tag that says the release: write the tag "
            f"as well, e.g. {match['name']}:89-{releases.ADVISED}@{digest[:14]}…"
        )
    found = _TAG.fullmatch(tag.lower())
    if found is None:
        return f"base_image {text!r} is not a release of TEI's own image"
    return ImageReference(match["name"], found["variant"] or "", found["version"], digest)


def _tag_of(digest: str) -> str | None:
    tags = (tag for tag, known in releases.TABLE["digests"].items() if known == digest)
    return next(tags, None)
