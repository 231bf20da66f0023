"""A backfill through the real client and an emulated router."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import SpaceMismatchError, UsageError, VectorCache
from baseten_tei_client._fingerprints import fingerprint
from baseten_tei_client.backfill import backfill, estimate, open_source
from tests.client.backfill.test_resuming import MemorySink
from tests.client.stack import ClientStack

DOCUMENTS: list[dict[str, Any]] = [
    {"key": f"n{n}", "body": None if n == 5 else f"note {n} " + "word " * (400 if n == 8 else 3), "tag": n % 2}
    for n in range(60)
]  # fmt: skip
COLUMNS: dict[str, Any] = {"id": "key", "text": "body", "payload": ["tag"]}


def write(path: Path) -> Path:
    """Write the documents in the form that the name says."""
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        if ".csv" in path.name:
            table = csv.DictWriter(file, ["key", "body", "tag"])
            table.writeheader()
            table.writerows(DOCUMENTS)
        else:
            file.writelines(json.dumps(it) + "\n" for it in DOCUMENTS)
    return path


@pytest.mark.parametrize("name", ["notes.jsonl", "notes.csv", "notes.ndjson.gz", "notes.csv.gz"])
def test_a_file_becomes_the_vectors_that_the_model_gives(
    stack: ClientStack, tmp_path: Path, name: str
) -> None:
    source = open_source(write(tmp_path / name), **COLUMNS)
    sink, report = MemorySink(), tmp_path / "report.jsonl"
    with stack.connect("search", share=0.25) as model:
        totals = backfill(model, source, sink, journal=tmp_path / "j.db", report=report, chunk=16)
        vectors = dict(sink.kept)
        one = model.embed([DOCUMENTS[2]["body"]]).vectors[0]
    assert np.allclose(vectors["n2"], one)
    assert (totals.rows, totals.written, totals.refused) == (60, 59, 1)
    told = {it["id"]: it for it in map(json.loads, report.read_text().splitlines())}
    assert set(told) == {"n5", "n8"}
    assert told["n8"]["tokens"] > told["n8"]["limit"] == 256
    assert "empty" in told["n5"]["reason"] or "None" in told["n5"]["reason"]


def test_another_model_behind_the_same_outputs_is_noticed_before_anything_is_written(
    stack: ClientStack, tmp_path: Path
) -> None:
    sink = MemorySink()
    other = fingerprint(np.random.default_rng(1).standard_normal((8, 384)))
    outputs = stack.change_outputs(
        "search", space={**stack.models["search"]["space"], "fingerprint": other}
    )
    with (
        stack.connect("search", outputs=outputs) as model,
        pytest.raises(SpaceMismatchError, match="answers the probe texts in another space"),
    ):
        backfill(model, [("a", "text")], sink, journal=tmp_path / "j.db")
    assert sink.note is None
    with (
        stack.connect("search", cache=VectorCache(9)) as model,
        pytest.raises(UsageError, match="cache"),
    ):
        backfill(model, [("b", "text")], sink, journal=tmp_path / "j.db")


def test_an_estimate_counts_the_rows_and_measures_a_sample(
    stack: ClientStack, tmp_path: Path
) -> None:
    source = open_source(write(tmp_path / "notes.jsonl"), **COLUMNS)
    with stack.connect("search") as model:
        told = estimate(model, source, sample=20, replicas=2, usd_per_minute=0.01)
        exact = model.embed([it["body"] for it in DOCUMENTS if it["body"]]).usage.tokens
    assert (told.rows, told.sample) == (60, 20)
    assert 0.3 * exact < told.tokens < 4 * exact  # one long text is in the sample, or is not
    assert told.usd == pytest.approx(told.hours * 60 * 0.01 * 2)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"key": 1, "body": "x"}\n{"key"\n', "a.jsonl, line 2, is not JSON"),
        ("a.jsonl", '{"id": 1, "body": "x"}\n', "a.jsonl, row 1, has no column 'key'; it has: 'id', 'body'"),
        ("a.jsonl", '{"key": null, "body": "x", "tag": 1}\n', "has the id None: an id is"),
        ("a.jsonl", "[1]\n", "is not a JSON object"),
        ("a.csv", "key,text\n1,x\n", "has no column 'body'; it has: 'key', 'text'"),
        ("a.txt", "x", "is of a kind that is not read"),
        ("a.csv", b"key,body,tag\n1,\xff\xfe,2\n", "is not UTF-8"),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_read_is_one_line_that_says_where(
    tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=said):
        list(open_source(path, **COLUMNS))


def test_a_folder_is_read_by_name_without_what_others_leave_there(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_text(json.dumps({"id": name, "text": "x"}))
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-1.jsonl").write_text("torn")
    assert [row.id for row in open_source(tmp_path)] == ["a.jsonl", "b.jsonl"]
    assert [row.id for row in open_source(f"{tmp_path}/b*.jsonl")] == ["b.jsonl"]
    with pytest.raises(UsageError, match="is not there"):
        open_source(tmp_path / "c.jsonl")
