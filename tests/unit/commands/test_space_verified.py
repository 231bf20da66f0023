"""`baseten-tei space advance` takes the record of a verification of exactly the next that is served, or a word."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.commands.space import advance, verify
from baseten_tei.outputs.parsing import parse_outputs
from tests.support.harness import ROOT
from tests.unit.commands.test_space import project, search, write

__all__ = ["project"]
TOLD = json.loads((ROOT / "tests/golden/outputs.json").read_text())
ONE, OTHER = (f"v1:{b64encode(bytes([it] * 256)).decode()}" for it in (9, 200))
RECORD = Path("verified/dev/search-2.json")


def serve(monkeypatch: pytest.MonkeyPatch, **space: Any) -> None:
    """Let the stack's outputs have a next with this space."""
    current = TOLD["models"]["bge"]
    part = {key: it for key, it in current.items() if key not in ("environments", "task")}
    part["autoscaling"] = current["environments"]["production"]["autoscaling"]
    following = {**part, "space": {**part["space"], **space}}
    models = {"search": {**current, "spaces": {"current": part, "next": following}}}
    outputs = parse_outputs(json.dumps({**TOLD, "models": models}))
    monkeypatch.setattr(advance, "read_outputs", lambda *_: outputs)


def record(passed: bool = True, **space: Any) -> None:
    RECORD.parent.mkdir(parents=True)
    RECORD.write_text(json.dumps({
        "format": 1, "passed": passed, "date": "2026-11-30T10:00:00+00:00", "summary": "9 of 9 rows",
        "checks": [{"name": "coverage", "passed": passed, "found": ""}], "figures": {"new_space": space},
    }))  # fmt: skip


M3: dict[str, Any] = {"model_id": "BAAI/bge-m3", "revision": "5617a9f", "fingerprint": ONE}


def test_a_record_of_what_is_served_lets_it_advance(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record(**M3)
    serve(monkeypatch, **M3)
    assert main(["space", "advance", "search"]) == 0
    assert "search-2 is verified on 2026-11-30: 9 of 9 rows" in capsys.readouterr().out
    assert search(project)["edition"] == 2


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (None, "its next is not verified (verified/dev/search-2.json is missing): run `baseten-tei space verify"),
        ({"passed": False, **M3}, "verified/dev/search-2.json did not pass (coverage): run"),
        ({**M3, "revision": "another"}, "is of another model: revision 'another', not '5617a9f': run"),
        ({**M3, "model_id": "BAAI/bge-large"}, "is of another model: model_id 'BAAI/bge-large'"),
        ({**M3, "fingerprint": OTHER}, "is of another space than is served now (cosine "),
        ({**M3, "document_prompt": "passage: "}, "is of another model: document_prompt 'passage: ', not None"),
    ],
)  # fmt: skip
def test_without_one_it_is_refused_in_a_line_with_both_ways_on(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    recorded: dict[str, Any] | None, said: str,
) -> None:  # fmt: skip
    if recorded is not None:
        record(**recorded)
    serve(monkeypatch, **M3)
    before = search(project)
    assert main(["space", "advance", "search"]) == 2
    told = capsys.readouterr().err.strip()
    assert said in told
    assert told.endswith("or advance with --unverified")
    assert "\n" not in told
    assert search(project) == before
    assert main(["space", "advance", "search", "--unverified"]) == 0


def test_a_next_that_is_not_served_yet_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record(**M3)
    outputs = parse_outputs(json.dumps({**TOLD, "models": {"search": TOLD["models"]["bge"]}}))
    monkeypatch.setattr(advance, "read_outputs", lambda *_: outputs)
    assert main(["space", "advance", "search"]) == 2
    assert "its next is not in the stack's outputs yet: run `pulumi up`" in capsys.readouterr().err
    assert "previous" not in search(project)


def test_a_file_that_is_not_a_record_is_a_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RECORD.parent.mkdir(parents=True)
    for text in ("{", "[]", '{"passed": true}'):
        RECORD.write_text(text)
        assert main(["space", "advance", "search"]) == 2
        told = capsys.readouterr().err.strip()
        assert told.startswith("verified/dev/search-2.json: ")
        assert "\n" not in told
    assert "previous" not in search(project)


def test_rerankers_and_the_way_back_need_no_record(project: Path) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text().replace("task: embedding", "task: reranker"))
    assert main(["space", "advance", "search"]) == 0
    assert main(["space", "back", "search"]) == 0


@pytest.mark.parametrize("given", ["search", "search.next", "search-2"])
def test_each_name_of_a_next_leads_to_its_record(
    project: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    write(project, "baseten")
    monkeypatch.setenv("BASETEN_API_KEY", "key")
    subject = verify._find_subject(project, "dev", given, None)
    assert (subject.name, subject.resource) == ("search", "search-2")
    assert subject.record == project / RECORD
