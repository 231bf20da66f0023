"""A real Prometheus scrapes the emulator's export with what `baseten-tei operations` writes."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from baseten_tei.operations.monitoring.prometheus_files import rules_file, scrape_file
from baseten_tei.operations.monitoring.watched import Watched
from tests.client.stack import ClientStack
from tests.support.harness import API_KEY, running_emulator
from tests.support.monitoring.prometheus import binaries
from tests.support.worlds import free_port

SECONDS = 60
"""For a Prometheus on a busy machine."""


@pytest.fixture
def stack() -> Iterator[ClientStack]:
    """One model, asked twice: once as it should be, once with too many texts."""
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        stack.put("search", "embedding", "sentence-transformers/all-MiniLM-L6-v2", version="1.9.3")
        stack.wait()
        url = stack.models["search"]["embeddings_url"]
        for texts in (1, 33):
            head = {"Authorization": f"Api-Key {API_KEY}"}
            requests.post(url, json={"input": ["a"] * texts}, headers=head, timeout=30)
        yield stack


def watched(stack: ClientStack) -> Watched:
    """The model by its stack, whose state names a version that does not serve."""
    told = stack.models["search"]
    return Watched("live", "search", told["model_id"], "production", "another", 0, 1, 32, 22.4)


def write(folder: Path, stack: ClientStack) -> None:
    """As the command does; scraped and evaluated each second, so that the test does not take minutes."""
    made = stack.emulator.rest("/v1/api_keys", "POST", {"type": "WORKSPACE_EXPORT_METRICS"})
    (folder / "key").write_text(made["api_key"])
    (folder / "rules.yml").write_text(rules_file("live", [watched(stack)]))
    scrape = scrape_file("live", f"{stack.emulator.url}/metrics", str(folder / "key"), "rules.yml")
    quick = scrape.replace("interval: 60s", "interval: 1s").replace("timeout: 30s", "timeout: 1s")
    (folder / "prometheus.yml").write_text(quick)


@pytest.fixture
def prometheus(tmp_path: Path, stack: ClientStack) -> Iterator[str]:
    """The address of a Prometheus that has the stack's files."""
    write(tmp_path, stack)
    address = f"127.0.0.1:{free_port()}"
    options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [str(binaries() / "prometheus"), *options, f"--web.listen-address={address}"],
            cwd=tmp_path, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def ask(address: str, query: str) -> list[dict[str, Any]]:
    """Return what Prometheus answers, as soon as that is something."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            answer = requests.get(f"{address}/api/v1/query", params={"query": query}, timeout=10)
            found: list[dict[str, Any]] = answer.json()["data"]["result"]
        except (requests.RequestException, json.JSONDecodeError, KeyError):
            found = []
        if found:
            return found
        time.sleep(0.2)
    pytest.fail(f"no answer to {query} within {SECONDS} s")


def test_a_prometheus_reads_the_export_keeps_the_rules_and_sees_what_is_not_as_the_state_says(
    prometheus: str, stack: ClientStack
) -> None:
    model_id = stack.models["search"]["model_id"]
    assert [it["value"][1] for it in ask(prometheus, 'up{job="baseten"} == 1')] == ["1"]
    answers = ask(
        prometheus,
        f'sum by (status_code) (baseten_inference_requests_total{{model_id="{model_id}"}})',
    )
    assert {it["metric"]["status_code"]: it["value"][1] for it in answers} == {
        "200": "1",
        "422": "1",
    }
    quantile = (
        "histogram_quantile(0.95, sum by (le) (baseten_end_to_end_response_time_seconds_bucket))"
    )
    assert 0 < float(ask(prometheus, quantile)[0]["value"][1]) < 60
    (limit,) = ask(prometheus, 'baseten_tei:max_replica{stack="live",model="search"}')
    assert limit["value"][1] == "1"
    (alert,) = ask(prometheus, 'ALERTS{alertstate="pending",alertname="BasetenTeiOtherVersion"}')
    assert alert["metric"]["model"] == "search"
    assert alert["metric"]["deployment_id"] == stack.models["search"]["deployment_id"]
    health = requests.get(f"{prometheus}/api/v1/rules", timeout=10).json()["data"]["groups"]
    assert {rule["health"] for group in health for rule in group["rules"]} <= {"ok", "unknown"}
