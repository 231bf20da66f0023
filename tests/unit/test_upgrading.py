"""docs/upgrading.md says what the code does: formats, deprecations, versions."""

import re

import pytest
from packaging.version import Version

from baseten_tei import __version__
from baseten_tei.__main__ import main
from baseten_tei.facts.files.formats import FORMATS
from baseten_tei.outputs.json_schema import outputs_schema
from baseten_tei.project.deprecations import DEPRECATIONS, find_deprecated, render_table
from tests.data import RELEASES
from tests.support.harness import ROOT

PAGE = (ROOT / "docs/upgrading.md").read_text()


def test_the_page_lists_every_format_with_its_version_and_keys() -> None:
    rows = [f"| {it.what} | {it.version} | `{it.key}` | `{it.release_key}` |\n" for it in FORMATS]
    head = "| what | version now | key that holds it | key with the release |\n|---|---|---|---|\n"
    assert head + "".join(rows) + "\n" in PAGE


def test_the_page_lists_everything_that_goes() -> None:
    assert f"<!-- deprecations -->\n{render_table()}\n" in PAGE


def test_what_goes_is_deprecated_for_a_release_and_still_there() -> None:
    for it in DEPRECATIONS:
        since, gone = Version(it.since), Version(it.removed_in)
        assert since <= Version(__version__) < gone, it
        assert since.release[:2] != gone.release[:2]


def test_a_deprecated_output_is_marked_in_the_schema_and_no_other_is() -> None:
    marked = {
        name
        for task in ("EmbeddingOutputs", "RerankerOutputs", "ClassifierOutputs")
        for name, key in outputs_schema()["$defs"][task]["properties"].items()
        if key.get("deprecated")
    }
    assert marked == {it.name for it in DEPRECATIONS if it.kind == "output"}


def test_a_spec_of_todays_keys_has_nothing_deprecated() -> None:
    assert find_deprecated({"bge": {"task": "embedding", "model_id": "a/b"}}) == {}
    assert find_deprecated(None) == find_deprecated({"bge": None}) == {}


def test_files_of_every_release_whose_formats_are_read_are_kept() -> None:
    assert "0.1.0" in RELEASES
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", it) for it in RELEASES)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pyproject.toml", f'version = "{__version__}"'),
        ("clients/python/pyproject.toml", f'version = "{__version__}"'),
        ("policy/PulumiPolicy.yaml", f"version: {__version__}"),
    ],
)
def test_what_is_released_together_has_one_version(name: str, line: str) -> None:
    assert line in (ROOT / name).read_text().splitlines()


def test_the_command_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"baseten-tei {__version__}\n"
