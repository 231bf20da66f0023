"""What earlier releases wrote, as they wrote it: `tests/data/<release>`."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data"
RELEASES = sorted(it.name for it in FOLDER.iterdir() if it.is_dir())
"""Nothing here is ever written again: a release adds a folder of its own where a format changes."""


def kept(release: str, name: str) -> Path:
    return FOLDER / release / name
