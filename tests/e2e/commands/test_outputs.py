"""What a stack tells the services that use it, with the real engine: whole, true, stable, and free of charge."""

import json
import shutil
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
import requests
import yaml

from baseten_tei.outputs.json_schema import outputs_schema
from baseten_tei_client import Space, compare
from tests.support.harness import API_KEY, BGE, DEV_STACK, Checked, Emulator, Stack
from tests.support.monitoring.prometheus import promtool

pytestmark = pytest.mark.e2e


def told(stack: Stack, *arguments: str) -> Checked:
    return command(stack, "outputs", *arguments)


def command(stack: Stack, name: str, *arguments: str) -> Checked:
    """A command of the project, in the stack's folder."""
    ended = subprocess.run(
        [sys.executable, "-m", "baseten_tei", name, "--stack", stack.name, *arguments],
        cwd=stack.folder, env=stack.env(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def model_calls(emulator: Emulator) -> list[str]:
    """The routes of routers that were asked since the calls were forgotten."""
    paths = [str(call["path"]) for call in emulator.calls()]
    return sorted(path.partition("/sync")[2] for path in paths if "/hosts/" in path)


def space(stack: Stack) -> Space:
    return Space.of(stack.outputs()["models"]["bge"]["space"])


def test_the_outputs_of_the_three_tasks_are_as_the_contract_says_and_are_handed_on(
    stack: Stack, emulator: Emulator
) -> None:
    dev = yaml.safe_load((DEV_STACK / "Pulumi.dev.yaml").read_text())["config"][
        "baseten-tei:models"
    ]
    (stack.folder / "locks").mkdir()
    shutil.copy(DEV_STACK / "locks" / "dev.yaml", stack.folder / "locks" / f"{stack.name}.yaml")
    stack.configure(dev)
    stack.up().check()
    gates = ["/predict", "/rerank", "/v1/embeddings", "/v1/embeddings"]  # an embedding: and a pair
    assert model_calls(emulator) == ["/info"] * 3 + gates

    outputs = stack.outputs()
    jsonschema.validate(outputs, outputs_schema())
    models: dict[str, Any] = dict(outputs["models"])
    assert models["bge"]["space"]["fingerprint"].startswith("v1:")
    assert models["bge"]["space"]["dimensions"] == 768
    assert (models["bge"]["space"]["pooling"], models["go-emotions"]["multi_label"]) == (
        "cls",
        True,
    )
    assert models["go-emotions"]["labels"][0] == "admiration"

    emulator.forget_calls()
    assert "unchanged" in stack.up().check().text
    assert emulator.calls() == [], "a no-op asks nobody for anything"
    assert json.loads(told(stack).check().stdout) == outputs
    dotenv = told(stack, "--format", "dotenv").check().stdout
    variables = dict(line.split("=", 1) for line in dotenv.splitlines())
    asked = {"input": "hello"}
    headers = {"Authorization": f"Bearer {API_KEY}"}
    answer = requests.post(variables["BGE_EMBEDDINGS_URL"], json=asked, headers=headers, timeout=30)
    assert len(answer.json()["data"][0]["embedding"]) == 768
    assert API_KEY not in dotenv

    command(stack, "operations", "--slo-ms", "500").check()
    rules = (stack.folder / "operations" / "baseten-tei-rules.yml").read_text()
    assert models["bge"]["environments"]["production"]["deployment_id"] in rules
    assert (
        promtool("check", "rules", "baseten-tei-rules.yml", folder=stack.folder / "operations").code
        == 0
    )
    assert (
        command(stack, "operations", "--slo-ms", "500", "--check").check().text
        == "operations is up to date\n"
    )


@pytest.mark.serving
def test_a_space_is_told_by_its_release_and_stays_letter_by_letter_while_it_is_one(
    stack: Stack, emulator: Emulator
) -> None:
    before = space(stack)
    written = ("--format", "python", "--output", "search_models.py")
    told(stack, *written).check()

    emulator.fault("bge", "batch_noise", deployments="new")
    stack.configure({"bge": {**BGE, "env": {"RUST_LOG": "debug"}}})
    stack.up().check()
    gate = ["/info", "/v1/embeddings", "/v1/embeddings"]
    assert model_calls(emulator) == gate, "no call more than the gate's own"
    noisy = space(stack)
    assert (compare(before, noisy).verdict, noisy.fingerprint) == ("equal", before.fingerprint)
    assert told(stack, *written, "--check").check().text.endswith("is up to date\n")
    emulator.no_faults()

    emulator.forget_calls()
    stack.refresh().check()
    assert model_calls(emulator) == [], "a refresh wakes nobody"

    stack.configure({"bge": {**BGE, "default_prompt": "query: "}})
    stack.up().check()
    assert not compare(before, space(stack))
    assert (
        told(stack, *written, "--check")
        .refused()
        .text.startswith("search_models.py is out of date")
    )
