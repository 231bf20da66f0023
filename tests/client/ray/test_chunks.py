"""What one actor writes is whole, tells everything, and is what the plain backfill goes on with."""

import json
import subprocess
from pathlib import Path

import numpy as np

from tests.client.ray.conftest import HERE
from tests.client.stores.fake_model import vector_of

TEXTS = {n: f"t{n}" + "x" * (n % 30) for n in range(16, 100) if n % 9}


def test_an_actor_writes_and_tells_each_row_and_does_nothing_twice(
    ray_python: Path, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [ray_python, HERE / "chunks.py", tmp_path], capture_output=True, text=True, timeout=300, check=True
    )  # fmt: skip
    told = json.loads(ended.stdout)
    rows = {it["id"]: it for it in told["rows"]}
    assert len(rows) == len(told["rows"])
    assert set(rows) == set(TEXTS)
    for number, text in TEXTS.items():
        assert np.allclose(rows[number]["vector"], vector_of(text[:20]), atol=1e-6)
        assert rows[number]["weight"] == (None if number % 2 else number)
    assert told["again"] == told["first"]  # also the tokens, so that nothing was embedded again
    findings = [it for unit in told["first"] for it in unit["findings"]]
    cut = [n for n, text in TEXTS.items() if len(text) > 20]
    assert [it["row"] for it in findings if it["what"] == "truncated"] == cut
    refused = [n for n in range(100) if n not in TEXTS]
    assert [it["id"] for it in findings if it["what"] == "refused"] == refused
    assert [n for n, is_refused in enumerate(told["refused"]) if is_refused] == refused
    assert told["plain"]["present"] == len(TEXTS)
    assert told["plain"]["tokens"] == 0
    assert [bool(it["vector"]) for it in told["own"]] == [True, False, True]
    assert [it["truncated"] for it in told["own"]] == [None, None, 40]
