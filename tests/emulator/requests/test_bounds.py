"""What the emulator keeps: nothing that is sent once can end it for good, and a broken file is said at the start."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baseten_emulator.control import hub_repositories, paces
from baseten_emulator.faults import faults
from baseten_emulator.world import store
from baseten_emulator.world.records import Fault, PaceSet, Taught
from baseten_emulator.world.store import Store
from tests.support.control_client import Baseten, in_process, new_world, served

DEEP = b"[" * 100_000
HUGE = b"9" * 5_000
CLOCK = b'{"advance_seconds": %s}'
FAULT: dict[str, Any] = {"fault": "slow_reply", "model": "bge"}
REFUSED: dict[str, tuple[str, Any]] = {
    "endless time": ("clock", CLOCK % b"1e999"),
    "more time than dates have": ("clock", CLOCK % b"1e12"),
    "time that is no number": ("clock", CLOCK % b"NaN"),
    "time of 5,000 digits": ("clock", CLOCK % HUGE),
    "time that runs backwards": ("clock", CLOCK % b"-1"),
    "a wait of a year": ("faults", {**FAULT, "seconds": 31_536_000}),
    "a wait that is negative": ("faults", {**FAULT, "seconds": -1}),
    "calls without an end": ("faults", {**FAULT, "calls": 10**15}),
    "a pause of a year": ("faults", {**FAULT, "retry_after": 31_536_000}),
    "a status that is none": ("faults", {"fault": "server_error", "status": 99_999}),
    "a status that says all is well": ("faults", {"fault": "server_error", "status": 204}),
    "a status in words": ("faults", {"fault": "server_error", "status": "abc"}),
    "a word as a number": ("faults", {"fault": "unknown_status", "status": 7}),
    "a pattern that goes back for ever": ("faults", {**FAULT, "path": "^(a+)+$"}),
    "a pattern of a hundred maybes": ("faults", {**FAULT, "path": "a?" * 50 + "a" * 50}),
    "a pattern of many repeats": ("faults", {**FAULT, "path": ".*.*.*.*x"}),
    "a pattern that is none": ("faults", {**FAULT, "path": "("}),
    "a long pattern": ("faults", {**FAULT, "path": "a" * 1000}),
    "a long name": ("faults", {**FAULT, "model": "a" * 10_000}),
    "a long message": ("faults", {"fault": "promotion_failed", "message": "a" * 10_000}),
    "a log of numbers": ("faults", {"fault": "build_failed", "log_lines": [1, None]}),
    "a long log": ("faults", {"fault": "build_failed", "log_lines": ["a"] * 10_000}),
    "half a character": ("faults", b'{"fault": "slow", "model": "\\ud800"}'),
    "bytes that are no text": ("faults", b'{"fault": "\xff"}'),
    "depth": ("hub", b'{"model_id": "a/b", "files": {"config.json": {"a": ' + DEEP),
    "a number of 5,000 digits": ("hub", b'{"model_id": "a/b", "files": {"config.json": {"a": %s}}}' % HUGE),
    "vectors of a thousand million numbers": (
        "hub", {"model_id": "a/b", "files": {"config.json": {"hidden_size": 10**9}}},
    ),
    "a thousand million labels": ("hub", {"model_id": "a/b", "files": {"weights": {"labels": 10**9}}}),
    "weights of less than nothing": ("hub", {"model_id": "a/b", "files": {"weights": {"bytes": -1}}}),
    "a long repository": ("hub", {"model_id": "a/" + "b" * 1000, "files": {}}),
    "no speed to speak of": ("pace", {"tokens_per_second": 1e-300}),
    "the speed of nothing known": ("pace", {"tokens_per_second": 1e300}),
}  # fmt: skip


def well(baseten: Baseten, ids: tuple[str, str]) -> None:
    """It answers on every surface as if nothing had been sent."""
    assert baseten.get("/_emulator/health")["status"] == "ok"
    assert baseten.status(ids) == "ACTIVE"
    asked = baseten.call("POST", f"/hosts/model-{ids[0]}/production/predict", {"input": "a"})
    assert asked.status == 200
    baseten.advance(1)


@pytest.mark.parametrize(("route", "body"), REFUSED.values(), ids=list(REFUSED))
def test_a_value_that_would_end_the_emulator_is_refused_and_not_kept(
    baseten: Baseten, route: str, body: Any
) -> None:
    ids = baseten.deployed()
    answer = baseten.call("POST", f"/_emulator/{route}", body)
    assert answer.status == 400, answer
    assert len(answer.json["message"]) <= 500
    well(baseten, ids)
    assert baseten.get("/_emulator/faults")["faults"] == []


@pytest.mark.parametrize(
    "path", ["^(POST|PATCH|DELETE) /v1/", "^POST .*/environments$", "create_model_from_truss", r"\.[*+]", "[)]+"],
)  # fmt: skip
def test_everyday_patterns_are_taken(local: Baseten, path: str) -> None:
    local.fault("conflict", path=path)


@pytest.mark.parametrize(
    ("kind", "most", "body"),
    [
        (Fault, "MAX_FAULTS", lambda number: ("faults", {"fault": "conflict", "model": f"m{number}"})),
        (Taught, "MAX_REPOSITORIES", lambda number: ("hub", {"model_id": f"a/b{number}", "files": {}})),
        (PaceSet, "MAX_PACES", lambda number: ("pace", {"model": f"m{number}"})),
    ],
)  # fmt: skip
def test_only_so_many_of_a_kind_are_kept_and_the_refusal_says_what_to_do(
    local: Baseten,
    kind: Any,
    most: str,
    body: Callable[[int], tuple[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = {Fault: faults, Taught: hub_repositories, PaceSet: paces}[kind]
    monkeypatch.setattr(owner, most, 2)
    answers = [
        local.call("POST", f"/_emulator/{route}", given) for route, given in map(body, range(3))
    ]
    assert [answer.status for answer in answers] == [200, 200, 400]
    assert "DELETE some first" in answers[-1].json["message"]
    assert len(local.world.store.all(kind)) == 2


def test_the_clock_goes_forward_by_a_century_in_all(local: Baseten) -> None:
    year = 366 * 24 * 3600
    for _ in range(100):
        local.advance(year)
    assert local.call("POST", "/_emulator/clock", {"advance_seconds": 1}).status == 400
    assert local.get("/v1/models") == {"models": []}


def test_the_call_log_keeps_the_newest(local: Baseten, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_CALLS", 3)
    for number in range(5):
        local.call("GET", f"/v1/{number}")
    assert [call["path"] for call in local.calls()] == ["/v1/2", "/v1/3", "/v1/4"]


def test_a_start_that_has_a_bug_is_the_failure_of_its_own_deployment_alone() -> None:
    def buggy(_config: Any, _secrets: Any) -> Any:
        raise ZeroDivisionError("of the data plane")

    world = new_world(boot=buggy)
    baseten = Baseten(world, in_process(world))
    ids = baseten.deployed()
    assert baseten.status(ids) == "DEPLOY_FAILED"
    assert "bug in the emulator: ZeroDivisionError: of the data plane" in baseten.logs(ids)


def test_a_full_disk_is_an_answer_and_later_calls_are_well(
    local: Baseten, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = local.deployed()
    database = local.world.store._db
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    with served(local.world) as send:
        remote = Baseten(local.world, send)
        database.execute(f"PRAGMA max_page_count = {pages + 3}")
        secret = {"value": "v", "name": "k"}
        answers = [remote.call("POST", "/v1/secrets", secret) for _ in range(80)]
        assert {answer.status for answer in answers} == {200, 503}
        assert (
            "the emulator's state cannot be read or written: database or disk is full"
            in answers[-1].json["message"]
        )
        database.execute("PRAGMA max_page_count = 1000000")
        assert remote.status(ids) == "ACTIVE"
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "65536"),
        ("--port", "nan"),
        ("--step-seconds", "-1"),
    ],
)
def test_an_option_that_cannot_be_is_refused_with_its_bounds(
    tmp_path: Path, option: str, value: str
) -> None:
    ended = start(tmp_path, option, value)
    assert (ended.returncode, ended.stdout) == (2, "")
    last = ended.stderr.splitlines()[-1]
    assert f"argument {option}: {value} must be between 0 and " in last
    assert list(tmp_path.iterdir()) == []


def start(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = ["--port", "0", "--state", str(folder), *options]
    command = [sys.executable, "-m", "baseten_emulator", *words]
    source = str(Path(__file__).parents[3] / "emulator")
    return subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False,
        env={**os.environ, "PYTHONPATH": source},
    )  # fmt: skip


def _garbage(file: Path) -> None:
    file.write_bytes(b"\x00garbage" * 500)


def _cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 3])


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _run_statement(statement: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with sqlite3.connect(file) as database:
            database.execute(statement)
        database.close()

    return change


BROKEN: dict[str, Callable[[Path], None]] = {
    "garbage": _garbage,
    "a file that was cut": _cut,
    "a folder": _folder,
    "endless time, kept by an older version": _run_statement(
        "INSERT OR REPLACE INTO counters VALUES ('clock_offset_seconds', 9e999)"
    ),
    "a record that is no JSON": _run_statement("UPDATE records SET body = 'x'"),
    "a record that is a list": _run_statement("UPDATE records SET body = '[]'"),
    "another table": _run_statement("ALTER TABLE records RENAME COLUMN body TO other"),
}


def write_broken_state(folder: Path, break_it: Callable[[Path], None]) -> None:
    world = new_world(store=Store.in_folder(folder))
    Baseten(world, in_process(world)).deployed()
    world.store.close()
    break_it(folder / "emulator.sqlite")


@pytest.mark.parametrize("break_it", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_state_is_refused_in_one_line(
    tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    write_broken_state(tmp_path, break_it)
    with pytest.raises(store.StateError) as refused:
        Store.in_folder(tmp_path)
    line = str(refused.value)
    assert line.startswith(f"the emulator's state {tmp_path}/emulator.sqlite cannot be used (")
    assert f"move {tmp_path} elsewhere and start again" in line
    assert "\n" not in line
    assert len(line) <= 500


def test_a_start_with_a_broken_state_ends_with_that_line(tmp_path: Path) -> None:
    write_broken_state(tmp_path, _garbage)
    ended = start(tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"the emulator's state {tmp_path}/emulator.sqlite cannot be used (")


def test_a_record_of_another_version_is_an_answer(local: Baseten) -> None:
    local.deployed()
    local.world.store._db.execute("UPDATE records SET body = '{\"newer\": 1}' WHERE kind = 'Model'")
    with served(local.world) as send:
        answer = Baseten(local.world, send).call("GET", "/v1/models")
    assert answer.status == 503
    assert "a Model is not in its shape" in answer.json["message"]


def test_a_state_of_before_is_taken(tmp_path: Path) -> None:
    """An upload had no size then."""
    kept = Store.in_folder(tmp_path)
    with kept.transaction():
        body = json.dumps({"id": "k", "owner": "o", "complete": False, "parts": [1]})
        kept._db.execute("INSERT INTO records VALUES ('Upload', 'k', 'o', ?)", (body,))
    from baseten_emulator.world.records import Upload

    assert kept.get(Upload, "k") == Upload("k", "o", parts=(1,))
    kept.close()
