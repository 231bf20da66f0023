"""The page in a real browser, with documents that would like to be more than text."""

import json
import subprocess
from typing import Any

import pytest

from tests.example.conftest import HOSTILE, get
from tests.support.harness import ROOT

NO_BROWSER = 77
QUERIES = ["yellow leaves on tomato plants", "hostile", "<img src=x onerror=alert(2)>"]


@pytest.fixture(scope="session")
def seen(service: str) -> dict[str, Any]:
    """What the page showed for each query."""
    browser = "tests/example/browser"
    subprocess.run([ROOT / "scripts" / "venv-of.sh", browser], check=True)
    subprocess.run([ROOT / "scripts" / "browser.sh"], check=False)  # what is missing is told below
    ended = subprocess.run(
        [ROOT / ".venv-browser" / "bin" / "python", ROOT / browser / "drive.py", service],
        input=json.dumps(QUERIES), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if ended.returncode == NO_BROWSER:
        pytest.skip(ended.stderr.strip())
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def test_a_search_shows_ranked_hits_with_scores_places_and_moods(
    seen: dict[str, Any], service: str
) -> None:
    shown = seen["queries"][0]
    answer = get(service, "/api/search", q=QUERIES[0]).json()
    assert shown["title"] == f"{QUERIES[0]} – Search"  # noqa: RUF001  # as the page has it
    assert shown["status"].startswith("8 notes, most relevant first; the reranker moved ")
    assert shown["mood"].startswith("What you typed reads as ")
    assert [it["title"] for it in shown["hits"]] == [it["title"] for it in answer["hits"]]
    for hit, told in zip(shown["hits"], answer["hits"], strict=True):
        assert hit["relevance"] == f"{told['relevance']:.3f}"
        assert hit["nearness"].startswith(f"place {told['nearness']}")
        assert hit["moods"] == [f"{it['label']} {it['score']:.2f}" for it in told["moods"]]
    assert shown["hits"][0]["title"] == "Yellow leaves on tomato plants"


def test_hostile_documents_and_queries_stay_text(seen: dict[str, Any]) -> None:
    shown = {hit["title"]: hit for hit in seen["queries"][1]["hits"]}
    markup = HOSTILE[0]
    hit = shown[markup["title"]]
    assert (hit["text"], hit["topic"]) == (markup["text"], markup["topic"])
    assert [it["markup"] for it in seen["queries"]] == [0, 0, 0]
    assert len(seen["queries"][2]["hits"]) == 8


def test_the_page_says_that_the_scores_are_an_emulators(seen: dict[str, Any]) -> None:
    assert "on an emulator: its scores count shared words" in seen["outline"]


def test_the_browser_saw_no_error_no_broken_policy_and_no_other_host(seen: dict[str, Any]) -> None:
    assert seen["seen"] == []


def test_going_back_and_links_search_again(seen: dict[str, Any]) -> None:
    assert seen["back"] == seen["queries"][1]
    assert seen["linked"]["hits"][0]["title"] == "Lost luggage"


def test_a_query_that_is_refused_says_so(seen: dict[str, Any]) -> None:
    assert seen["refused"] == "The search failed: it does not take this query"


def test_everything_on_the_page_has_a_name_and_a_role(seen: dict[str, Any]) -> None:
    for said in (
        '- search:', '- searchbox "What are you looking for?"', '- button "Search"', "- status:",
        '- heading "Search the notes" [level=1]', "- listitem:", "- meter", "[level=2]", "- contentinfo:",
        '- list "Moods":',
    ):  # fmt: skip
        assert said in seen["outline"], seen["outline"]
