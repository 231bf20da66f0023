"""The index of a model that is to follow is filled with the real engine: more replicas, killed, interrupted, whole.

What comes before and after that, under clients that search: tests/example/test_replacing.py.
"""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.harness import BGE, Emulator, Stack, status
from tests.support.worlds import MODEL, World, client_of

pytestmark = pytest.mark.e2e
FOLLOWING = {"default_prompt": "Represent this sentence: ", "autoscaling": {"max_replica": 2}}
"""The same weights behind a prompt are another space."""
SPREAD = {"min_replica": 0, "max_replica": 2}
ROWS = 400
BACKFILL = (
    "backfill", f"{MODEL}.next", "--from", "notes.jsonl", "--to", "sqlite-vec:notes.db/notes", "--chunk", "16",
    "--journal", "notes.journal", "--yes",
)  # fmt: skip


def told(stack: Stack) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stack.outputs()["models"][MODEL]
    return found


def begin(stack: Stack, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "baseten_tei", *words, "--stack", stack.name]
    return subprocess.Popen(
        command, cwd=stack.folder, env=stack.env(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def told_by(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=300)
    return out + err


def replicas(emulator: Emulator) -> Mapping[str, int]:
    """The replicas that the environment of what is to follow may have."""
    model = emulator.models()[f"{MODEL}-2"]
    found = emulator.rest(f"/v1/models/{model}/environments/production")["autoscaling_settings"]
    return {key: found[key] for key in SPREAD}


def rows_in_store(stack: Stack) -> int:
    with sqlite3.connect(stack.folder / "notes.db") as database:
        made = database.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'notes_rowids'"
        ).fetchone()
        return (
            int(database.execute("SELECT count(*) FROM notes_rowids").fetchone()[0]) if made else 0
        )


def is_halfway(stack: Stack, emulator: Emulator, answers: int) -> bool:
    """Whether so many calls were answered, of which some are in the store; those that are held are in no log."""
    answered = sum("embeddings" in it["path"] for it in emulator.calls())
    return answered >= answers and (stack.folder / "notes.db").exists() and rows_in_store(stack) > 0


def fill_index(stack: Stack, emulator: Emulator) -> None:
    """Estimate, fill, be killed, be interrupted, and go on: each row is there once, and the replicas are as before."""
    notes = ({"id": f"n{it}", "text": f"note {it} of many"} for it in range(ROWS))
    (stack.folder / "notes.jsonl").write_text("".join(f"{json.dumps(it)}\n" for it in notes))
    estimate = told_by(begin(stack, *BACKFILL[:4], "--estimate", "--replicas", "3"))
    assert f"rows      {ROWS} (" in estimate
    assert replicas(emulator) == SPREAD, "an estimate raises nothing"

    for end, passing in ((signal.SIGKILL, 6), (signal.SIGINT, 4)):
        emulator.forget_calls()
        emulator.fault(f"{MODEL}-2", "hold", on="inference", path="embeddings", skip=passing)
        job = begin(stack, *BACKFILL, "--replicas", "3")
        while not is_halfway(stack, emulator, passing):
            assert job.poll() is None, told_by(job)
            time.sleep(0.05)
        assert replicas(emulator) == {"min_replica": 3, "max_replica": 3}
        job.send_signal(end)
        said = told_by(job)
        emulator.no_faults()
        if end is signal.SIGKILL:
            assert job.returncode == -signal.SIGKILL
            assert replicas(emulator) == {"min_replica": 3, "max_replica": 3}
            doctor = told_by(begin(stack, "doctor"))
            assert f"raised replicas: {MODEL}-2 (production) still has 3-3 replicas" in doctor
            assert "a backfill raised its replicas to 3-3" in status(stack, "--live").text
        else:
            assert job.returncode == 130, said
            assert f"replicas of {MODEL}-2 (production): 0-2 again" in said
            assert replicas(emulator) == SPREAD
    assert 0 < rows_in_store(stack) < ROWS

    last = begin(stack, *BACKFILL)
    assert f"{ROWS} rows: " in (said := told_by(last)), said
    assert rows_in_store(stack) == ROWS
    assert not list(stack.folder.glob("*.scaling.json"))


@pytest.mark.serving
def test_a_next_is_added_and_its_index_filled_without_a_touch_of_what_serves(
    stack: Stack, emulator: Emulator, world: World
) -> None:
    before, pushes = told(stack), emulator.pushes()
    with client_of(world) as client:
        stack.configure({MODEL: {**BGE, "next": FOLLOWING}})
        stack.up().check()
        assert emulator.pushes() == pushes + 1
        both = told(stack)
        assert {key: both[key] for key in before} == before
        spaces = [both["spaces"][role]["space"]["fingerprint"] for role in ("current", "next")]
        assert len(set(spaces)) == 2
        fill_index(stack, emulator)
    assert client.calls > 0
    assert client.failures == []
