"""`baseten-tei space verify`, from the outputs of a stack on an emulator."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import baseten_tei_client.backfill
from baseten_tei.__main__ import main
from baseten_tei.commands.shared.stores import name_journal, name_report
from baseten_tei_client.backfill import backfill
from tests.client.backfill.memory_index import MemoryIndex
from tests.client.stack import ClientStack
from tests.support.harness import API_KEY

METALS = ["copper", "tin", "zinc", "lead", "silver", "gold", "iron", "nickel", "cobalt", "chromium"]
NOTES = [
    (f"n{n}", f"{METALS[n % 10]} and {METALS[n // 10]} melt at {n} degrees") for n in range(100)
]
QUERIES = [f"where do {one} and {other} melt?" for one in METALS for other in METALS[:3]]
CHECKS = ["coverage", "vectors", "one space", "old index", "overlap", "relevance", "latency"]


@pytest.fixture(scope="module")
def outputs(shared: ClientStack) -> dict[str, Any]:
    """Of a model with a next one, which is another model on the same emulator."""
    shared.put("search-2", "embedding", "BAAI/bge-small-en-v1.5")
    shared.wait()
    models = dict(shared.models)
    current, following = models["search"], models.pop("search-2")
    del shared.models["search-2"]
    models["search"] = {**current, "spaces": {"current": current, "next": following}}
    return {"schema_version": 1, "models": models}


@pytest.fixture(scope="module")
def filled(
    shared: ClientStack, outputs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, MemoryIndex]:
    """Both indexes, filled by backfills."""
    folder = tmp_path_factory.mktemp("journals")
    indexes = {"old": MemoryIndex(name="old"), "new": MemoryIndex(name="new")}
    for name, role in (("old", "current"), ("new", "next")):
        with shared.connect("search", outputs=outputs, space=role) as model:
            backfill(model, NOTES, indexes[name], journal=folder / f"{name}.db")
    return indexes


@pytest.fixture
def command(
    outputs: dict[str, Any], filled: Mapping[str, MemoryIndex], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:  # fmt: skip
    """The command line, in a folder without a project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BASETEN_API_KEY", API_KEY)
    copies = {
        key: MemoryIndex(name=key, kept=list(it.kept), note=it.note) for key, it in filled.items()
    }
    monkeypatch.setattr(baseten_tei_client.backfill, "open_index", copies.__getitem__)
    Path("outputs.json").write_text(json.dumps(outputs))
    Path("queries.txt").write_text("\n".join(QUERIES))
    lines = (json.dumps({"id": key, "text": text}) for key, text in NOTES)
    Path("notes.jsonl").write_text("\n".join(lines))
    return [
        "space", "verify", "search", "--file", "outputs.json", "--from", "notes.jsonl", "--old", "old", "--new", "new",
    ]  # fmt: skip


def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("verified-search.json").read_text())
    return found


def test_a_whole_index_passes_and_leaves_a_record_and_a_page(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--queries", "queries.txt"]) == 0, capsys.readouterr()
    told = capsys.readouterr().out
    assert "passed: the index of search.next can take over" in told
    found = record()
    assert [it["name"] for it in found["checks"]] == CHECKS
    assert found["passed"]
    assert found["emulated"]
    assert found["figures"]["coverage"]["present"] == 100
    assert found["figures"]["judgement"]["judge"] == "rerank"
    assert found["figures"]["new_space"]["model_id"] == "BAAI/bge-small-en-v1.5"
    assert found["figures"]["new_space"]["fingerprint"].startswith("v1:")
    assert "100 of 100 rows" in found["summary"]
    page = Path("verified-search.html").read_text()
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert found["summary"][:10] in page


def test_what_failed_is_in_the_record_and_the_exit_code(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    line = Path("notes.jsonl").read_text()
    Path("notes.jsonl").write_text(
        line + '\n{"id": "late", "text": "a new note"}\n{"id": "e", "text": ""}'
    )
    assert main(command) == 1
    told = capsys.readouterr()
    assert (
        "FAIL coverage: 100 of 101 rows are in the new index (99.01 %); missing: late" in told.out
    )
    assert "not passed: `baseten-tei space advance search` refuses it" in told.out
    assert "no --queries: the beginnings of rows are asked" in told.err
    assert record()["passed"] is False
    assert "is not ready (coverage)" in Path("verified-search.html").read_text()


def test_refusals_are_read_from_the_report_that_the_backfill_left(command: list[str]) -> None:
    with Path("notes.jsonl").open("a") as file:
        file.write('\n{"id": "e", "text": "refused"}')
    report = name_report(name_journal("search.next", "search", "next", "new"))
    report.write_text('{"row": 100, "id": "e", "what": "refused", "reason": "is empty"}\n')
    assert main([*command, "--reranker", "none", "--record", "a/b.json"]) == 0
    found = json.loads(Path("a/b.json").read_text())
    assert found["figures"]["judgement"] is None
    assert found["figures"]["coverage"]["refused_rows"] == {"e": "is empty"}
    assert "There was no reranker to judge" in Path("a/b.html").read_text()


def test_models_that_sleep_are_waited_for(
    command: list[str], shared: ClientStack, capsys: pytest.CaptureFixture[str]
) -> None:
    shared.sleep()
    assert main([*command, "--queries", "queries.txt"]) == 0, capsys.readouterr()
    assert record()["figures"]["judgement"]["queries"] == len(QUERIES)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--queries", "empty.txt"], "empty.txt has no query: write one a line"),
        (["--reranker", "moods"], "moods"),
        (["--reranker", "rerunk"], "the outputs have no model 'rerunk'"),
        (["--old", "postgresql://me:secret@host/db?table=t"], "--old has a password"),
        (["--from", "nowhere.jsonl"], "nowhere.jsonl is not there"),
        (["--file", "empty.txt"], "empty.txt"),
    ],
)
def test_a_mistake_is_one_line(
    command: list[str], capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    Path("empty.txt").touch()
    assert main([*command, *more]) == 2
    told = [it for it in capsys.readouterr().err.splitlines() if "beginnings of rows" not in it]
    assert len(told) == 1
    assert said in told[0]
    assert "secret" not in told[0]
    assert not Path("verified-search.json").exists()


def test_a_reranker_has_no_index_and_needs_no_verification(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command[2] = "rerank"
    assert main(command) == 2
    told = capsys.readouterr().err
    assert told.startswith("model 'rerank' is a reranker: it has no index, and `baseten-tei space")


def test_one_of_several_rerankers_is_named_and_a_model_without_next_is_refused(
    command: list[str], outputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    models = outputs["models"]
    Path("outputs.json").write_text(json.dumps(
        {**outputs, "models": {**models, "again": models["rerank"]}}
    ))  # fmt: skip
    assert main(command) == 2
    assert "there are several rerankers: name one: --reranker rerank" in capsys.readouterr().err
    assert main([*command, "--reranker", "again"]) == 0
    alone = {key: it for key, it in models["search"].items() if key != "spaces"}
    Path("outputs.json").write_text(json.dumps({**outputs, "models": {"search": alone}}))
    assert main(command) == 2
    assert "model 'search' has no next in its outputs" in capsys.readouterr().err
