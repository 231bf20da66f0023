"""Which versions are taken, and how one is read out of what a tool prints. Pure."""

import re
from typing import NamedTuple


class Version(NamedTuple):
    """A release; what follows the three numbers (`-alpha.1`, `+dirty`) is not kept."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


BUILT = Version(3, 276, 0)  # the module that is built (build/go.mod)
BUNDLE = Version(3, 259, 0)  # the bundle that is downloaded: the newest whose sums are pinned
OLDEST_PULUMI = Version(3, 225, 0)  # an engine on PATH is used from here on
OLDEST_GO = Version(1, 25, 0)  # pkg/v3 3.276.0 asks for 1.26.6; Go fetches that by itself
COMMAND_PLUGIN = Version(1, 2, 1)  # what the stand-in behaves as; the SDK in pyproject.toml


def parse_version(text: str) -> Version | None:
    """Return the first version in the text: `v3.259.0`, `go version go1.26 linux/amd64`."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return Version(*(int(part or 0) for part in found.groups())) if found else None
