"""Every page of the project at a desk's and a phone's width, with ordinary and extreme contents, in a real browser."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.client.stack import ClientStack
from tests.example.conftest import Place, bundled, replaced_models
from tests.support.harness import ROOT
from tests.support.pages.sample_pages import draw_tune_pages, pages, tune_evidence

NO_BROWSER = 77
BROWSER = "tests/example/browser"


def look_at(*addresses: str | Path) -> dict[str, Any]:
    """What does not fit, by page and width."""
    subprocess.run([ROOT / "scripts" / "venv-of.sh", BROWSER], check=True)
    subprocess.run(
        [ROOT / "scripts" / "browser.sh"], check=False
    )  # without one the test is skipped below
    ended = subprocess.run(
        [ROOT / ".venv-browser" / "bin" / "python", ROOT / BROWSER / "look.py", *addresses],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if ended.returncode == NO_BROWSER:
        pytest.skip(ended.stderr.strip())
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("pages")
    for name, page in pages().items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    draw_tune_pages(folder)
    looks = look_at(*sorted(folder.glob("*.html")))
    return {Path(name).stem: widths for name, widths in looks.items()}


@pytest.mark.parametrize("width", ["1280", "400"])
@pytest.mark.parametrize("name", sorted([*pages(), *tune_evidence()]))
def test_nothing_runs_off_the_page_and_no_word_is_broken(
    seen: dict[str, Any], name: str, width: str
) -> None:
    look = seen[name][width]
    assert (look["wider"], look["outside"], look["scrolled"]) == (0, [], [])
    if not name.startswith("comment-"):  # GitHub decides where a long path in a comment breaks
        assert look["broken"] == []


def test_the_search_page_fits_a_phone_and_a_desk_while_a_model_is_replaced(
    place: Place, filled: Place, models: ClientStack
) -> None:
    shutil.copy(filled.index, place.index)
    following = place.folder / "next.db"
    place.configure_models(replaced_models(models))
    options = ("--space", "next", "--index", following)
    assert place.run("index", place.documents(bundled()[:30]), *options).code == 0
    queries = ("", "?q=hostile", "?q=lost+luggage")
    with place.serving("--next", following) as address:
        looks = look_at(*(f"{address}/{query}" for query in queries))
    assert len(looks) == len(queries)
    for page, widths in looks.items():
        for width, look in widths.items():
            assert (look["wider"], look["outside"], look["broken"]) == (0, [], []), (page, width)


@pytest.mark.parametrize("name", sorted(pages()))
def test_no_page_shows_a_backtick_outside_of_a_file(name: str) -> None:
    assert "`" not in re.sub(r"<pre>.*?</pre>", "", pages()[name], flags=re.DOTALL)
