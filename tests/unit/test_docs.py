"""README and docs/: every link leads somewhere, every page is in the index, and README stays short."""

import re
from pathlib import Path

import pytest
from scripts.docs import find_stale

from baseten_tei.spec.args import EmbeddingArgs
from tests.support.harness import ROOT

INDEX = ROOT / "docs" / "README.md"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "clients/python/README.md",
    ROOT / "benchmarks/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "adr").glob("*.md")),
]
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^()\s]+)\)")


def links(page: Path) -> list[str]:
    """What a page links to, but for the web."""
    return _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(
        r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_has_every_page_in_one_of_four_groups() -> None:
    text = INDEX.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Start", "Guides", "Reference", "Explanation",
    ]  # fmt: skip
    linked = {(INDEX.parent / link.partition("#")[0]).resolve() for link in links(INDEX)}
    pages = {page for page in PAGES if page.is_relative_to(INDEX.parent) and page != INDEX}
    assert pages <= linked


def test_the_generated_pages_are_up_to_date() -> None:
    assert find_stale(ROOT) == []


def test_the_readme_is_short() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 130
    assert len(text.split()) <= 900


def test_the_keys_of_the_readme_have_the_defaults_it_says() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.MULTILINE))
    assert len(rows) == 8
    for key, default in rows.items():
        field = EmbeddingArgs.model_fields[key]
        value = str(field.default).lower() if isinstance(field.default, bool) else field.default
        if default.startswith("`"):
            assert default == f"`{value}`"
        elif default == "required":
            assert field.is_required() or key == "task"


def test_every_decision_has_a_date_and_a_status() -> None:
    for page in sorted((ROOT / "docs" / "adr").glob("*.md")):
        third = page.read_text(encoding="utf-8").splitlines()[2]
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2} · (accepted|superseded by \[.+\]\(.+\))", third), (
            page
        )
