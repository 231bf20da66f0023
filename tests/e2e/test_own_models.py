"""A user's models in place of the dev stack's: locked from a Hub, deployed, through what CI runs of a project."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei_client import connect
from tests.hub.loopback import TOKEN, LoopbackHub, serving
from tests.hub.repositories import BERT, CLASSIFICATION, MODULES, classifier, pooling, repo
from tests.support.harness import API_KEY, DEV_STACK, ROOT, Checked, Emulator, Stack

pytestmark = pytest.mark.e2e

LABELS = ("anger", "fear", "joy", "love", "sadness", "surprise")
SIZES = {"hidden_size": 384, "num_attention_heads": 12, "max_position_embeddings": 512}
LARGE = {**BERT, **SIZES}
HEAD = {
    **SIZES,
    "id2label": {str(n): label for n, label in enumerate(LABELS)},
    "label2id": {label: n for n, label in enumerate(LABELS)},
    "problem_type": "single_label_classification",
}
EMBEDDER = {
    "1_Pooling/config.json": pooling("mean_tokens"),
    "modules.json": MODULES,
    "sentence_bert_config.json": {"max_seq_length": 256},
    "config_sentence_transformers.json": {"prompts": {"query": "query: ", "passage": "passage: "}},
}
HUB = {
    "ours/e5": repo(LARGE, EMBEDDER),
    "ours/moods": repo(classifier(CLASSIFICATION, **HEAD)),
    "ours/gated": repo({**LARGE, "hidden_size": 768}, EMBEDDER, gated="manual", license="gemma"),
}
MOODS = {"task": "classifier", "model_id": "ours/moods"}
ADDED = {
    "e5": {"task": "embedding", "model_id": "ours/e5", "default_prompt_name": "query"},
    "gated": {"task": "embedding", "model_id": "ours/gated", "gated": True},
}


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with serving(LoopbackHub(HUB)) as served:
        yield served


@pytest.fixture
def own(tmp_path: Path, emulator: Emulator, hub: LoopbackHub) -> Stack:
    """The dev stack as it is shipped, in a project of the user's, without its reranker."""
    tokens = {"HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN, "HF_ACCESS_KEY": TOKEN}
    stack = Stack(tmp_path / "project", emulator.url, "dev", tokens)
    for name in ("locks", "truss_configs"):
        shutil.copytree(DEV_STACK / name, stack.folder / name)
    (stack.folder / "infra").unlink()  # the provider finds golden files from where it runs
    (stack.folder / "infra").mkdir()
    shutil.copy(ROOT / "infra" / "__main__.py", stack.folder / "infra")
    stack.configure(shipped())
    return stack


def shipped() -> dict[str, Any]:
    found = yaml.safe_load((DEV_STACK / "Pulumi.dev.yaml").read_text())
    models: dict[str, Any] = found["config"]["baseten-tei:models"]
    return {name: spec for name, spec in models.items() if name != "bge-reranker"}


def run(stack: Stack, *words: str) -> Checked:
    """`baseten-tei`, as somebody types it in the project's folder."""
    ended = subprocess.run(
        [sys.executable, "-m", "baseten_tei", *words], cwd=stack.folder, env=stack.env(),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def test_a_stack_of_ones_own_models_is_locked_late_deployed_and_green_in_ci(
    own: Stack, emulator: Emulator
) -> None:
    """One model is up before anything of it is locked; what the lock says of it then pushes nothing."""
    own.configure({**shipped(), "moods": MOODS})
    told = own.up().check().text.partition("Diagnostics:")[2]
    assert told.count("warning: model") == 1  # the engine may warn of plugins on PATH
    assert "TEI-LOCK-001 ours/moods is not locked" in told
    assert own.outputs()["models"]["moods"]["labels"] is None
    before = emulator.pushes()

    own.configure({**shipped(), "moods": MOODS, **ADDED})
    told = run(own, "lock", "moods", "e5", "gated").check().stdout
    assert "ours/moods@main is what 'moods' serves already, so it stays as it was pushed" in told
    assert (
        "BAAI/bge-reranker-base@2cfc18c9415c912f9d8155881c133215df768a70 is used by no model"
        in told
    )
    told = own.up().check().text
    assert ("+ 9 created" in told, "14 unchanged" in told) == (True, True), told  # the token, too
    assert emulator.pushes() == before + 2
    models = own.outputs()["models"]
    assert models["moods"]["labels"] == list(LABELS)
    assert models["e5"]["space"]["prompt"] == "query: "
    assert [models[name]["space"]["dimensions"] for name in ("e5", "gated")] == [384, 768]
    answer = connect("moods", outputs=own.outputs(), api_key=API_KEY).classify(["I am glad"])
    assert answer.labels == LABELS
    assert not answer.multi_label

    run(own, "golden", "moods").check()
    golden = json.loads((own.folder / "golden" / "dev" / "moods.json").read_text())
    assert set(golden["answers"][0]["scores"]) == set(LABELS)
    run(own, "rehearse", "--format", "json", "--output", "report.json").check()
    [report] = json.loads((own.folder / "report.json").read_text())["stacks"]
    rows = {row["model"]: row["answers"] for row in report["rows"]}
    assert rows == dict.fromkeys(("bge", "go-emotions", "moods", "e5", "gated"), "ok")

    lock = own.folder / "locks" / "dev.yaml"  # the shipped policy wants commits
    lock.write_text(lock.read_text().replace("  pushed_unlocked: true\n", ""))
    assert "'moods': was pushed from a branch" in own.preview().check().text
    run(own, "generate").check()
    assert not (own.folder / "truss_configs" / "dev" / "bge-reranker").exists()
    run(own, "generate", "--check").check()
    assert "0 errors" in run(own, "check").check().stdout
    run(own, "pr", "preview").check()
