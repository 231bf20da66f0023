"""Adopting a workspace that others made: real engine, real truss CLI, and an emulator that logs each call."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.harness import API_KEY, Checked, Emulator, Stack

pytestmark = pytest.mark.e2e

MIRROR = "baseten/text-embeddings-inference-mirror"
AUTOSCALING = {
    "min_replica": 1, "max_replica": 7, "autoscaling_window": 42, "scale_down_delay": 77,
    "concurrency_target": 11, "target_utilization_percentage": 55,
}  # fmt: skip


def config(name: str, route: str, command: str, **more: Any) -> dict[str, Any]:
    """A config in the style of Baseten's public TEI examples."""
    return {
        "model_name": name,
        "base_image": {"image": f"{MIRROR}:89-1.8.3"},
        "docker_server": {
            "start_command": command,
            "server_port": 7997,
            "predict_endpoint": route,
            "readiness_endpoint": "/health",
            "liveness_endpoint": "/health",
        },
        "resources": {"accelerator": "L4"},
        "runtime": {"predict_concurrency": 32},
        **more,
    }


def cached(model_id: str) -> list[dict[str, Any]]:
    folder = {"use_volume": True, "volume_folder": "cached_model"}
    return [{"repo_id": model_id, "revision": "main", **folder}]


ROUTER = "text-embeddings-router --port 7997 --model-id"
EMBEDDING = config(
    "search",
    "/v1/embeddings",
    f'bash -c "truss-transfer-cli && {ROUTER} /app/model_cache/cached_model --max-client-batch-size 128 '
    '--max-concurrent-requests 1024 --max-batch-tokens 16384 --auto-truncate --tokenization-workers 3"',
    model_cache=cached("BAAI/bge-base-en-v1.5"),
)
NAMED = "Rank (v2), für Suche"
"""A name as Baseten takes it, and as no folder of ours is called."""
ORIGINS = "--cors-allow-origin https://a.example --cors-allow-origin https://b.example"
RERANKER = config(NAMED, "/rerank", f"{ROUTER} BAAI/bge-reranker-base --auto-truncate {ORIGINS}")
CLASSIFIER = config(
    "feelings",
    "/predict",
    f'sh -c "{ROUTER} /data/local-model --max-batch-tokens 8192"',
    build_commands=[
        "git clone https://huggingface.co/SamLowe/roberta-base-go_emotions /data/local-model"
    ],
)
LLM = config("llm", "/v1/chat/completions", "vllm serve Qwen/Qwen3-0.6B")


def pushed(emulator: Emulator, name: str, what: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A model that somebody else pushed over REST, ready or failed."""
    deployment = {"config": what, "labels": {"team": "search"}, **more}
    source = {"kind": "model_archive", "name": name, "deployment": deployment}
    made = emulator.rest("/v1/models", "POST", {"source": source})
    settled(emulator, name, made["deployment"]["id"])
    return dict(made)


def settled(emulator: Emulator, name: str, deployment_id: str) -> str:
    path = f"/v1/models/{emulator.models()[name]}/deployments/{deployment_id}"
    while (status := emulator.rest(path)["status"]) in ("BUILDING", "DEPLOYING", "LOADING_MODEL"):
        emulator.admin("POST", "clock", {"advance_seconds": 1})
    return str(status)


def pushed_by_truss(folder: Path, emulator: Emulator, what: dict[str, Any]) -> None:
    """With the plain CLI, whose configs hold all of truss's defaults."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(what))
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(folder), "TRUSS_NO_UPDATE_CHECK": "1",
        "BASETEN_TRUSS_AUTH_KEYRING_DISABLED": "1", "BASETEN_TRUSS_AUTH_REMOTE_URL": emulator.url,
        "BASETEN_TRUSS_AUTH_API_KEY": API_KEY,
    }  # fmt: skip
    truss = Path(sys.executable).with_name("truss")
    command = [str(truss), "push", "--no-wait", "--non-interactive", str(folder)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    name = str(what["model_name"])
    settled(emulator, name, emulator.deployments(name)[0]["id"])


def staged(emulator: Emulator, name: str) -> str:
    """A custom environment with odd settings, that serves another version."""
    model = f"/v1/models/{emulator.models()[name]}"
    settings = {
        "autoscaling_settings": AUTOSCALING,
        "promotion_settings": {"rolling_deploy": False},
    }
    emulator.rest(f"{model}/environments", "POST", {"name": "canary", **settings})
    source = {"kind": "model_archive", "deployment": {"config": EMBEDDING}}
    made = emulator.rest(f"{model}/deployments", "POST", {"source": source})["deployment"]["id"]
    settled(emulator, name, made)
    emulator.rest(f"{model}/environments/canary/promote", "POST", {"deployment_id": made})
    while emulator.rest(f"{model}/environments/canary")["in_progress_promotion"]:
        emulator.admin("POST", "clock", {"advance_seconds": 1})
    return str(made)


def adopt(stack: Stack, *arguments: str) -> Checked:
    command = [
        sys.executable,
        "-m",
        "baseten_tei",
        "adopt",
        "--stack",
        stack.name,
        *arguments,
    ]
    environment = {**stack.env(), "HF_ENDPOINT": "http://127.0.0.1:9"}
    ended = subprocess.run(
        command, cwd=stack.folder, env=environment, capture_output=True, text=True, check=False
    )
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def changing(emulator: Emulator) -> list[str]:
    """Calls that could have changed something on Baseten."""
    return [f"{it['method']} {it['path']}" for it in emulator.calls() if it["method"] != "GET"]


@pytest.fixture
def others(tmp_path: Path, emulator: Emulator) -> Emulator:
    """A workspace with three TEI models, one that is none, and one that never came up."""
    pushed(emulator, "search", EMBEDDING)
    staged(emulator, "search")
    production = f"/v1/models/{emulator.models()['search']}/environments/production"
    emulator.rest(
        production, "PATCH", {"autoscaling_settings": {"max_replica": 3, "max_scale_down_rate": 20}}
    )
    pushed(emulator, NAMED, RERANKER)
    pushed_by_truss(tmp_path / "by-hand", emulator, CLASSIFIER)
    pushed(emulator, "llm", LLM)
    emulator.fault("broken", "build_failed")
    pushed(emulator, "broken", {**RERANKER, "model_name": "broken"})
    emulator.no_faults()
    return emulator


def test_a_workspace_is_adopted_and_the_first_preview_has_nothing_to_do(
    stack: Stack, others: Emulator
) -> None:
    others.forget_calls()
    told = adopt(stack, "--all").check().text
    assert changing(others) == []
    assert "left out llm: start_command starts 'vllm', not text-embeddings-router" in told
    assert "left out broken: no environment serves anything (production: BUILD_FAILED)" in told
    assert {line.split(": ")[0] for line in told.splitlines() if line.startswith("adopted ")} == {
        "adopted search", f"adopted {NAMED!r} as Rank-v2-f-r-Suche", "adopted feelings",
    }  # fmt: skip
    assert "stays on Baseten as it is" not in told
    assert f"write a model 'llm' with adopt: true into Pulumi.{stack.name}.yaml" in told

    shown = stack.pulumi("preview", "--expect-no-changes", "--stack", stack.name)
    assert "12 unchanged" in shown.check().text
    assert "12 unchanged" in stack.up().check().text
    assert changing(others) == []

    path = stack.folder / f"Pulumi.{stack.name}.yaml"
    written = path.read_text()
    entry = yaml.safe_load(written)["config"]["baseten-tei:models"]["search"]
    assert entry["environments"]["canary"]["autoscaling"] == AUTOSCALING
    assert entry["autoscaling"]["max_scale_down_rate"] == 20
    path.write_text(written.replace("max_replica: 3", "max_replica: 4"))
    changes = {step["urn"].split("::")[-1]: step["detailedDiff"] for step in stack.planned()}
    assert changes.keys() == {"search", "search-production"}
    assert changes["search-production"].keys() == {"autoscaling.max_replica"}
    stack.up().check()
    assert others.pushes() == 0
    assert changing(others) == [
        f"PATCH /v1/models/{others.models()['search']}/environments/production"
    ]

    others.forget_calls()
    lines = path.read_text().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if line.startswith("    Rank-v2-f-r-Suche:"))
    pin = next(n for n, line in enumerate(lines[place:], place) if "  deployment:" in line)
    path.write_text("".join([*lines[:pin], *lines[pin + 1 :]]))
    stack.up().check()
    assert others.pushes() == 1
    assert len(others.deployments(NAMED)) == 2
    assert stack.planned() == []
    pushed_config = others.rest(
        f"/v1/models/{others.models()[NAMED]}/deployments/{others.deployments(NAMED)[-1]['id']}/config"
    )
    assert "--cors-allow-origin=https://b.example" in str(pushed_config)
    live = others.rest(f"/v1/models/{others.models()['search']}/environments/production")
    assert live["autoscaling_settings"]["max_scale_down_rate"] == 20
