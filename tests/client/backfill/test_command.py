"""`baseten-tei backfill`, from the outputs of a stack on an emulator."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import baseten_tei_client.backfill
from baseten_tei.__main__ import main
from baseten_tei.commands.shared.rows_progress import describe_step, tell_duration
from baseten_tei_client.backfill import Estimate
from tests.client.backfill.test_resuming import MemorySink
from tests.client.backfill.test_served import write
from tests.client.stack import ClientStack
from tests.support.harness import API_KEY


@pytest.fixture
def files(stack: ClientStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options that name the outputs and the source, in a folder without a project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BASETEN_API_KEY", API_KEY)
    Path("outputs.json").write_text(json.dumps(stack.outputs))
    write(Path("notes.jsonl"))
    return [
        "--file", "outputs.json", "--from", "notes.jsonl", "--id", "key", "--text", "body", "--payload", "tag",
    ]  # fmt: skip


def test_the_same_command_fills_a_store_and_catches_it_up(
    files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sink = MemorySink()
    monkeypatch.setattr(baseten_tei_client.backfill, "open_sink", lambda _: sink)
    command = ["backfill", "search", *files, "--to", "vectors", "--chunk", "16"]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("60 rows: 59 written, 0 there before, 1 refused")
    sink.kept = sink.kept[10:]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("60 rows: 10 written, 49 there before, 1 refused")
    [report] = Path().glob("backfill-search-*.report.jsonl")
    assert {json.loads(it)["id"] for it in report.read_text().splitlines()} == {"n5", "n8"}


def test_an_estimate_needs_no_store_and_writes_nothing(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(Path().iterdir())
    assert (
        main(["backfill", "search.current", *files, "--estimate", "--usd-per-minute", "0.02"]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("rows      60 (")
    assert [line.split()[0] for line in lines] == ["rows", "tokens", "rate", "time", "cost"]
    assert lines[4].endswith("(1 x $0.02 a minute)")
    assert set(Path().iterdir()) == before


def test_an_estimate_counts_the_replicas_that_the_job_will_have() -> None:
    of_now = Estimate(
        8000, 80_000, 100, 1000, 200, 1.0, replicas=2, usd_per_minute=0.1, sample_replicas=2
    )
    of_job = replace(of_now, replicas=8)
    assert (of_now.hours * 3600, of_now.tokens_per_second) == (80, 200)
    assert (of_job.hours * 3600, of_job.tokens_per_second) == (20, 800)
    assert of_job.usd == pytest.approx(of_now.usd), (
        "four times the replicas for a quarter of the time"
    )
    assert replace(of_job, sample_replicas=None).hours == of_now.hours


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["search"], "--to is missing"),
        (["search", "--to", "postgresql://me:secret@host/db?table=t"], "set PGPASSWORD"),
        (["search", "--to", "postgresql://host/db?table=t&password=secret"], "set PGPASSWORD"),
        (["search", "--to", "redis://host/0"], "is not a store that is known"),
        (["serch", "--to", "vectors"], "the outputs have no model 'serch'"),
        (["search", "--to", "vectors", "--replicas", "2"], "run this in the project's folder"),
        (["search", "--estimate", "--replicas", "2"], "run this in the project's folder"),
        (["rerank", "--estimate"], "is a reranker; it cannot embed"),
    ],
)
def test_a_mistake_is_one_line_and_shows_no_password(
    files: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["backfill", *arguments, *files]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "secret" not in told
    assert len(told.splitlines()) == 1


def test_progress_tells_rate_and_time_left() -> None:
    assert describe_step(2_000_000, 8_000_000, 1500.4, 4000) == (
        "2,000,000 of 8,000,000 rows, 1,500 rows/s, about 67 min left"
    )
    assert describe_step(10, None, 3, None) == "10 rows, 3 rows/s"
    assert [tell_duration(it) for it in (5, 300, 10_000)] == ["5 s", "5 min", "2 h 47 min"]
