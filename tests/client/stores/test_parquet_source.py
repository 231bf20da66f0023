"""Files of Parquet are read row by row, wherever they are."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.client.stores.conftest import FILL, environment
from tests.client.stores.parquet_rows import FILES, ROWS


def run(python: Path, *arguments: str) -> str:
    return subprocess.run(
        [python, FILL.with_name("parquet_rows.py"), *arguments], env=environment(),
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip


def rows_of(*files: int) -> list[Any]:
    """How many rows these files have, and the rows."""
    numbers = [it for n in files for it in range(n * ROWS, n * ROWS + ROWS)]
    return [len(numbers), [[it, f"text {it}", it % 3] for it in numbers]]


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_a_folder_a_pattern_and_a_file_have_their_rows_in_the_order_of_their_names(
    kind: str, stores_python: Path, bucket: str, tmp_path: Path
) -> None:
    def place(name: str) -> str:
        url = bucket.format(f"{tmp_path.name}/{name}".rstrip("/"))
        return url if kind == "s3" else str(tmp_path / name)

    run(stores_python, "write", place(""))
    good = {
        "": rows_of(*range(FILES)),
        "day=*/rows.parquet": rows_of(*range(FILES)),
        "day=1/rows.parquet": rows_of(1),
    }
    broken = {
        "": "rows.parquet has no column 'id'; it has: 'body', 'key', 'tag', 'unread'",
        "day=9": "day=9 is not there, or holds no file of Parquet",
        "day=1/_*": "_metadata.parquet is not Parquet",
        "broken": "broken is of a kind that is not read",
    }
    asked = [f"key={place(it)}" for it in good] + [f"id={place(it)}" for it in broken]
    found = json.loads(run(stores_python, "read", *asked))
    assert found[: len(good)] == [*good.values()]
    for error, said in zip(found[len(good) :], broken.values(), strict=True):
        assert error.startswith("UsageError: ")
        assert said in error


def test_a_key_in_a_url_of_object_storage_is_refused_and_not_repeated(stores_python: Path) -> None:
    [error] = json.loads(run(stores_python, "read", "id=s3://AKIA0:canary-of-a-key@bucket/notes"))
    assert error.startswith("UsageError: a URL of object storage must not have a key")
    assert "canary" not in error
