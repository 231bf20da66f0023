"""A backfill on three nodes loses and repeats nothing when one is killed, and stays within its permits."""

import json
import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.client.ray.conftest import Grid
from tests.client.ray.parts import numbers_of, text_of
from tests.client.stores.object_store import KEYS
from tests.support.harness import API_KEY
from tests.support.sampling import ALL

FILES, ROWS = 3, 300
NUMBERS = range(FILES * ROWS)
REFUSED = [f"n{it}" for it in NUMBERS if not text_of(it)]
TRUNCATED = [f"n{it}" for it in NUMBERS if len(text_of(it)) > 1000]


def assert_whole(grid: Grid) -> None:
    """Every row that has a text is there once, with its payload and its vector, of the one space."""
    ended = grid.call("parts.py", "show", grid.place("vectors"))
    assert ended.code == 0, ended.text
    shown = json.loads(ended.stdout)
    rows = {it["id"]: it for it in shown["rows"]}
    assert len(rows) == len(shown["rows"])
    assert sorted(rows) == sorted(f"n{it}" for it in NUMBERS if text_of(it))
    assert all(it["size"] == int(name[1:]) for name, it in rows.items())
    assert shown["space"]["fingerprint"]
    some = [*NUMBERS[:3], 7, *NUMBERS[-2:]]
    with grid.stack.connect("search") as model:
        expected = model.embed([text_of(it) for it in some]).vectors
    found = np.array([rows[f"n{it}"]["vector"] for it in some], np.float32)
    assert np.allclose(found, expected, atol=1e-5)


def assert_told(grid: Grid) -> None:
    """The report has each row that was refused, cut, or whose id came before, once."""
    told = grid.report()
    by_kind: dict[str, list[Any]] = {"refused": [], "truncated": []}
    for it in told:
        if it["what"] == "repeated":
            by_kind.setdefault("repeated", []).append((Path(it["file"]).name, it["row"]))
        else:
            by_kind[it["what"]].append(it["id"])
            number = numbers_of(int(Path(it["file"]).stem), ROWS)[it["row"]]
            assert it["id"] == f"n{number}"
    assert sorted(by_kind["refused"]) == sorted(REFUSED)
    assert sorted(by_kind["truncated"]) == sorted(TRUNCATED)
    assert sorted(by_kind["repeated"]) == [("0.parquet", 1), ("1.parquet", 0), ("2.parquet", 0)]


def assert_no_secret(grid: Grid, said: str) -> None:
    """Neither what was printed nor any file that Ray left has a key."""
    files = [it for it in grid.folder.rglob("*") if it.is_file()]
    assert any("raylet" in it.name for it in files)
    for secret in (API_KEY, KEYS["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in said
        assert not [it for it in files if secret.encode() in it.read_bytes()]


def test_with_one_of_three_nodes_killed_no_row_is_lost_or_repeated_and_no_permit_exceeded(
    grid: Grid,
) -> None:
    assert grid.call("parts.py", "write", grid.place("notes"), str(FILES), str(ROWS)).code == 0
    outputs = grid.folder / "another.json"
    outputs.write_text(
        json.dumps(grid.stack.change_outputs("search", **grid.stack.models["another"]))
    )
    own = {it: grid.job()[it] for it in ("name", "actors", "outputs", "share")}
    options = {
        "jobs": [grid.job(), grid.job(), grid.job(outputs=str(outputs), report=None)],
        "kill_after": 200, "own": {**own, "text": "body", "source": grid.place("notes/0.parquet")},
    }  # fmt: skip
    ended = grid.call("cluster.py", json.dumps(options))
    assert ended.code == 0, ended.text
    first, second, other, killed, rows = grid.told()
    assert killed == {"killed": True}
    totals = {"rows": len(NUMBERS) + FILES, "refused": len(REFUSED), "repeated": FILES}
    assert first == {**totals, "present": 0, "tokens": first["tokens"]}
    assert second == {**totals, "present": len(NUMBERS) - len(REFUSED), "tokens": 0}
    assert other.startswith("SpaceMismatchError: s3://bucket/")
    assert "model_id" in other
    calls = grid.stack.count_calls()
    assert {status for _, status in calls} == {200}
    # Four drivers' and twice three actors' first contacts; the one more is that of whoever took a dead one's place.
    assert calls["sync/info", 200] >= 4 + 2 * 3 + 1
    assert sorted(it["key"] for it in rows) == sorted(f"n{it}" for it in numbers_of(0, ROWS))
    assert all(bool(it["vector"]) == (it["refused"] is None) == bool(it["body"]) for it in rows)
    assert {it["key"] for it in rows if it["truncated"]} == {*TRUNCATED} & {
        it["key"] for it in rows
    }
    assert_whole(grid)
    assert_told(grid)
    assert_no_secret(grid, ended.text)


@pytest.mark.skipif(not ALL, reason="a sample of kills is in the other test")
def test_a_driver_that_is_killed_at_random_moments_goes_on_where_it_was(grid: Grid) -> None:
    grid.call("parts.py", "write", grid.place("notes"), str(FILES), str(ROWS))
    options = json.dumps({"jobs": [grid.job()], "kill_after": 10**9})
    chance = random.Random(19)  # noqa: S311  # a sample
    for _ in range(5):
        process = grid.start("cluster.py", options)
        assert process.stderr is not None
        while not process.stderr.readline().strip().isdigit():
            pass
        time.sleep(chance.random() * 3)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    assert grid.call("cluster.py", options).code == 0
    [totals, _] = grid.told()
    assert totals["present"] > 0
    assert_whole(grid)
    assert_told(grid)
