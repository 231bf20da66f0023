"""The five stories of CONTRIBUTING's "How to find" lead through few names, and to files that exist."""

import re

from tests.support.harness import ROOT

PACKAGE = ROOT / "infra" / "baseten_tei"
MOST_NAMES = 330
"""In all folders that a reader of the five stories opens, each counted once a story."""

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTION = TEXT.partition("## How to find")[2].partition("\n## ")[0]
STORIES = re.findall(r"^\*\*(.+)\*\*\n((?:[- ] .+\n)+)", SECTION, re.MULTILINE)


def files(story: str) -> list[str]:
    """The files that a story names, from the root; a bare file name lies beside the one before."""
    paths: list[str] = []
    for name in re.findall(r"`([a-z_/<>]+\.py|tests/corpus/<family>/)`", story):
        if name.startswith("tests/"):
            paths.append("tests/corpus/flag/")
        elif "/" in name:
            paths.append(f"infra/baseten_tei/{name}")
        else:
            paths.append(f"{paths[-1].rpartition('/')[0]}/{name}")
    return paths


def opened(path: str) -> set[str]:
    """The folders on the way to a file, from the package or from `tests/`."""
    parts = path.split("/")[:-1]
    first = 2 if parts[0] == "infra" else 1
    return {"/".join(parts[:end]) for end in range(first, len(parts) + 1)}


def entries(folder: str) -> int:
    """What a listing of a folder shows."""
    names = (path.name for path in (ROOT / folder).iterdir())
    nothing_to_read = {"__pycache__", "py.typed"}
    return sum(not name.startswith(".") and name not in nothing_to_read for name in names)


def test_each_story_names_files_that_exist() -> None:
    assert len(STORIES) == 5
    for title, story in STORIES:
        assert len(story.splitlines()) == 3, title
        assert files(story)
        for path in files(story):
            assert (ROOT / path).exists(), path


def test_the_five_stories_lead_through_few_names() -> None:
    folders = [set().union(*map(opened, files(story))) for _, story in STORIES]
    total = sum(entries(folder) for story in folders for folder in story)
    assert total <= MOST_NAMES, total
