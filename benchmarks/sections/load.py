"""Whether the load client of `tune` is fast enough: against a server that does nothing, and the emulator."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.harness import API_KEY, Emulator, running_emulator

from baseten_tei.operations.tuning.load_client import Endpoint, send_load
from baseten_tei.operations.tuning.load_texts import generate_texts
from baseten_tei.operations.tuning.request_load import Load
from benchmarks.measure.timing import Figure

AIM = 0.5
SECONDS, QUICK_SECONDS = 5.0, 1.0
IN_FLIGHT, TEXTS_PER_REQUEST = 32, 32
TIMES, QUICK_TIMES = 5, 1


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield one figure: the time of a request of 32 passages, 32 in flight, without latency."""
    times, seconds = (QUICK_TIMES, QUICK_SECONDS) if quick else (TIMES, SECONDS)
    print(f"== load: the client alone, and against the emulator, {times} times", flush=True)
    with _run_null_server() as nothing, running_emulator(folder / "state") as emulator:
        served = _deploy(emulator)
        ours, others = [], []
        for n in range(times):
            ours.append(_measure_request(Endpoint(nothing, "embedding"), seconds))
            others.append(_measure_request(Endpoint(served, "embedding", API_KEY), seconds))
            print(f"    {n + 1}/{times}: {1 / ours[-1]:.0f} and {1 / others[-1]:.0f} requests/s")
    yield Figure(
        "load", "load client, a request to a server that does nothing", "the same to the emulator",
        tuple(ours), tuple(others), AIM,
    )  # fmt: skip


def _measure_request(endpoint: Endpoint, seconds: float) -> float:
    load = Load(seconds, TEXTS_PER_REQUEST, clients=IN_FLIGHT)
    sent = send_load(endpoint, load, generate_texts("passages", 1024, 0))
    assert {it.status for it in sent.samples} == {200}  # noqa: S101  # or nothing was measured
    return max(it.ended for it in sent.samples) / len(sent.samples)


def _deploy(emulator: Emulator) -> str:
    config = {
        "base_image": {"image": "baseten/text-embeddings-inference-mirror:89-1.8.3"},
        "docker_server": {
            "start_command": "text-embeddings-router --port=7997 --model-id=/models/BAAI/bge-base-en-v1.5",
            "readiness_endpoint": "/health", "liveness_endpoint": "/health",
            "predict_endpoint": "/v1/embeddings", "server_port": 7997,
        },
        "resources": {"accelerator": "L4"},
        "weights": [{"source": "hf://BAAI/bge-base-en-v1.5@main", "mount_location": "/models/BAAI/bge-base-en-v1.5"}],
    }  # fmt: skip
    source = {"kind": "model_archive", "name": "bge", "deployment": {"config": config}}
    made = emulator.rest("/v1/models", "POST", {"source": source})
    emulator.admin("POST", "clock", {"advance_seconds": 60})
    return f"{emulator.url}/hosts/model-{made['model']['id']}/production/sync"


@contextmanager
def _run_null_server() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.worlds.null_server"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None  # noqa: S101  # PIPE was asked for
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()
