"""Tuning end to end: deployments that are pushed, loaded and deleted again, on models whose optimum is hidden."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.harness import API_KEY, Checked, Emulator

pytestmark = pytest.mark.e2e

SPEC = {
    "task": "embedding", "model_id": "BAAI/bge-small-en-v1.5", "max_batch_tokens": 512, "tei_version": "1.9.3",
    "predict_concurrency": 8,
}  # fmt: skip
HIDDEN = {
    "knee_tokens": 1024, "overhead_tokens": 750, "strain": 1.5, "tokens_per_second": 12000, "tokenizer_share": 1,
}  # fmt: skip
"""The best batch has 1024 tokens: half as many do a fifth less, twice as many a third less.

The model is slow, so that the load takes little of the machine: other tests would be in its way, and it in theirs.
"""


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator) -> Path:
    """A project with one stack on an emulator whose models take time; tuning needs no Pulumi engine."""
    (tmp_path / "Pulumi.yaml").write_text("name: proj\n")
    config = {"baseten:target": emulator.url, "baseten-tei:models": {"bge": SPEC}}
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "# kept\n" + yaml.safe_dump({"config": config}, sort_keys=False)
    )
    emulator.admin("POST", "pace", {"model": "*", **HIDDEN})
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "baseten_tei", "tune", *arguments]


def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "BASETEN_API_KEY": API_KEY, "XDG_STATE_HOME": str(project / "xdg")}


def tune(project: Path, *arguments: str) -> Checked:
    ended = subprocess.run(
        command(*arguments), cwd=project, env=environment(project), capture_output=True, text=True, check=False
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def tune_until_sure(project: Path, *arguments: str) -> str:
    """Do what it says where other work made its probes too noisy: measure longer."""
    path = project / "Pulumi.dev.yaml"
    spec = path.read_text()
    for seconds in ("2.5", "6", "20"):
        path.write_text(spec)  # what a probe was sure of is written, though the curve was too noisy
        ended = tune(project, *arguments, "--seconds", seconds)
        if "measure longer" not in ended.text:
            break
    return ended.check().stdout


def written(project: Path) -> dict[str, Any]:
    config = yaml.safe_load((project / "Pulumi.dev.yaml").read_text())["config"]
    found: dict[str, Any] = config["baseten-tei:models"]["bge"]
    return found


def test_a_hidden_optimum_is_found_written_and_proven_and_nothing_is_left(
    project: Path, emulator: Emulator
) -> None:
    wish = ("--peak", "500", "--slo-ms", "60000")
    load = ("--texts-per-request", "2", "--probes", "4")
    told = tune_until_sure(project, "bge", *load, *wish)
    assert written(project)["max_batch_tokens"] == 1024, told
    assert written(project)["autoscaling"]["min_replica"] == 2
    assert (project / "Pulumi.dev.yaml").read_text().startswith("# kept\n")
    path = max((project / "benchmarks" / "results" / "tune").glob("*.json"))
    evidence = json.loads(path.read_text())
    assert evidence["recommended"]["max_batch_tokens"] == 1024
    assert evidence["gain"] > 0.03, told
    assert all(it["summary"]["timings"] for it in evidence["probes"])
    assert not (project / "benchmarks" / "results" / "throughput").exists()
    assert emulator.models() == {}
    assert API_KEY not in told + path.read_text()

    emulator.admin("DELETE", "pace")
    refused = tune(project, "bge", *load, "--seconds", "1.5")
    assert refused.code == 2
    assert f"the emulator at {emulator.url} answers at once" in refused.stderr
    assert emulator.models() == {}


def test_what_a_run_left_that_was_killed_is_found_and_deleted(
    project: Path, emulator: Emulator
) -> None:
    running = subprocess.Popen(
        command("bge", "--seconds", "60"), cwd=project, env=environment(project),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any("/sync/" in call["path"] for call in emulator.calls()):
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    [left] = emulator.models()
    assert left.startswith("bge-tune-512-")
    assert tune(project, "--clean").check().stdout == (
        f"deleted {left}, which an earlier run left behind\n"
    )
    assert emulator.models() == {}


def test_an_interrupt_deletes_what_was_deployed(project: Path, emulator: Emulator) -> None:
    running = subprocess.Popen(
        command("bge", "--seconds", "60"), cwd=project, env=environment(project),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not emulator.models():
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"interrupted" in said
    assert emulator.models() == {}
