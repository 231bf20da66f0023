"""The recipe for Spark runs unmodified, with the permits that it may use and no more."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.client.stack import ClientStack
from tests.support.harness import API_KEY, ROOT, Run, running_emulator
from tests.support.sampling import ALL

RECIPE = ROOT / "examples" / "clients" / "spark" / "embed_with_spark.py"
ROWS = 600
WRITE = """
import sys, pandas
frame = pandas.DataFrame({"id": [f"n{n % 599}" for n in range(600)]})
frame["text"] = ["" if n % 100 == 3 else f"note {n} " + "word " * (400 if n == 7 else 3) for n in range(600)]
frame.to_parquet(sys.argv[1])
"""
SHOW = """
import sys, pandas
frame = pandas.read_parquet(sys.argv[1])
frame["vector"] = [0 if it is None else len(it) for it in frame["vector"]]
print(frame.to_json(orient="records"))
"""


@pytest.fixture(scope="session")
def spark_python() -> Path:
    subprocess.run(
        [ROOT / "scripts/venv-of.sh", "examples/clients/spark", "clients/python"], check=True
    )
    return ROOT / ".venv-spark" / "bin" / "python"


def run(*command: str | Path) -> Run:
    environment = {
        "PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}", "HOME": os.environ["HOME"],
        "BASETEN_API_KEY": API_KEY, "SPARK_LOCAL_IP": "127.0.0.1",
    }  # fmt: skip
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    return Run(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.skipif(
    not ALL, reason="an environment of 700 MB and two starts of Spark: in `make faults`"
)
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17")
def test_the_recipe_embeds_each_row_once_within_its_share_and_goes_on_with_what_is_new(
    spark_python: Path, tmp_path: Path
) -> None:
    source, target, outputs = tmp_path / "notes", tmp_path / "vectors", tmp_path / "outputs.json"
    source.mkdir()
    assert run(spark_python, "-c", WRITE, source / "1.parquet").code == 0
    spark = [
        spark_python.with_name("spark-submit"), "--master", "local[4]", "--conf", "spark.ui.enabled=false",
        "--conf", "spark.sql.shuffle.partitions=2", RECIPE, source, target, outputs,
    ]  # fmt: skip
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        # The half of these permits are four tasks' with one request each, of at most 8 texts.
        stack.put("search", "embedding", "sentence-transformers/all-MiniLM-L6-v2",
                  max_concurrent_requests=64, predict_concurrency=8)  # fmt: skip
        stack.wait()
        emulator.admin("POST", "pace", {"model": "search", "seed": 1, "tokens_per_second": 9000})
        outputs.write_text(json.dumps(stack.outputs))
        first = run(*spark)
        assert first.code == 0, first.text
        calls = [it for it in emulator.calls() if it["path"].endswith("/v1/embeddings")]
        assert {it["status"] for it in calls} == {200}
        assert max(len(it["body"]["input"]) for it in calls) <= 8
        emulator.forget_calls()
        second = run(*spark)
        assert second.code == 0, second.text
        assert not stack.count_calls()["sync/v1/embeddings", 200]
    found: list[dict[str, Any]] = json.loads(run(spark_python, "-c", SHOW, target).stdout)
    assert sorted(it["id"] for it in found) == sorted(f"n{n}" for n in range(599))
    assert {it["id"] for it in found if it["refused"]} == {f"n{n}" for n in range(3, 600, 100)}
    assert all((it["vector"] == 384) == (it["refused"] is None) for it in found)
    assert [it["id"] for it in found if it["truncated"]] == ["n7"]
    assert API_KEY not in first.text + second.text
