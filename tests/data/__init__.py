"""What earlier releases wrote, as they wrote it: `tests/data/<release>`."""

from pathlib import Path

FOLDER = Path(__file__).parent
RELEASES = sorted(it.name for it in FOLDER.iterdir() if (it / "state.json").exists())
"""Nothing here is ever written again: a release adds a folder of its own where a format changes."""


def kept(release: str, name: str) -> Path:
    return FOLDER / release / name
