"""A finding of `check` stands on the line of its model, also of one that stands beside another."""

import json
from pathlib import Path

import pytest

from baseten_tei.__main__ import main
from baseten_tei.rules.formats.model_lines import find_lines

TEXT = """\
config:
  baseten:target: emulator
  other:search: {next: 1}
  baseten-tei:models:
    rank: {task: reranker, model_id: BAAI/bge-reranker-base}
    "search":
      task: embedding
      model_id: BAAI/bge-m3
      edition: 2
      environments:
        search: {}
      previous:
        edition: 1
        model_id: BAAI/bge-small-en-v1.5
      # the one after
      next: {model_id: BAAI/bge-base-en-v1.5}
"""
LINES = {"rank": 5, "search-2": 6, "search": 12, "search-3": 16}


def test_each_model_has_the_line_of_its_key() -> None:
    found = find_lines(TEXT)
    assert {key: found[key] for key in LINES} == LINES


def test_a_spec_that_is_wrong_keeps_the_line_of_its_name() -> None:
    found = find_lines(TEXT.replace("edition: 1", "edition: 2"))
    assert (found["search"], found["rank"]) == (6, 5)
    assert "search-2" not in found


@pytest.mark.parametrize(
    "text",
    ["", "config:", "a: [", "config: [baseten-tei:models]"],
)
def test_where_nothing_can_be_read_there_are_no_lines(text: str) -> None:
    assert find_lines(text) == {}


def test_a_key_beside_the_models_has_its_line_whatever_they_are() -> None:
    assert find_lines("config:\n  baseten-tei:models: 3\n  a:b: 1") == {
        "baseten-tei:models": 2,
        "a:b": 3,
    }


def test_code_scanning_gets_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: own\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--format", "sarif"]) == 0
    found = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    lines = {
        it["message"]["text"].partition(":")[0]: it["locations"][0]["physicalLocation"]["region"]
        for it in found
    }
    assert lines == {model: {"startLine": line} for model, line in LINES.items()}
