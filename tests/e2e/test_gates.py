"""Golden vectors with the real engine: what moves the space is refused, what does not is promoted."""

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest
import requests

from tests.support.harness import API_KEY, BGE, EMOTIONS, RERANKER, ROOT, Checked, Emulator, Stack
from tests.support.sampling import pick

pytestmark = pytest.mark.e2e


@pytest.fixture
def stack(stack: Stack) -> Stack:
    """With a program folder of its own: the provider finds golden files from where it runs."""
    program = stack.folder / "infra"
    program.unlink()
    program.mkdir()
    shutil.copy(ROOT / "infra" / "__main__.py", program)
    return stack


def tokens(count: int, **more: Any) -> dict[str, Any]:
    """The same model, another version."""
    return {"bge": {**BGE, "max_batch_tokens": count, **more}}


def record(stack: Stack, *models: str) -> Checked:
    """`baseten-tei golden`."""
    ended = subprocess.run(
        [sys.executable, "-m", "baseten_tei", "golden", *models, "--stack", stack.name],
        cwd=stack.folder, env=stack.env(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def serving(emulator: Emulator) -> str:
    model_id = emulator.models()["bge"]
    found = emulator.rest(f"/v1/models/{model_id}/environments/production")
    return str(found["current_deployment"]["id"])


def vector(stack: Stack) -> list[float]:
    url = stack.outputs()["models"]["bge"]["embeddings_url"]
    headers = {"Authorization": f"Bearer {API_KEY}"}
    answer = requests.post(url, json={"input": "hello"}, headers=headers, timeout=30)
    return list(answer.json()["data"][0]["embedding"])


def test_golden_files_of_each_task_are_recorded_and_the_same_each_time(stack: Stack) -> None:
    strict = {**BGE, "auto_truncate": False}
    stack.configure(
        {"bge": BGE, "bge-reranker": RERANKER, "go-emotions": EMOTIONS, "strict": strict}
    )
    stack.up().check()
    told = record(stack).check().text
    assert told.count("wrote golden/test/") == 4
    assert "wrote golden/test/strict.json (13 texts)\n" in told
    assert told.count("  left out, the model does not take it: Clause 1: the tenant") == 2
    files = {
        path.stem: json.loads(path.read_text())
        for path in (stack.folder / "golden" / "test").iterdir()
    }
    assert {name: it["task"] for name, it in files.items()} == {
        "bge": "embedding",
        "bge-reranker": "reranker",
        "go-emotions": "classifier",
        "strict": "embedding",
    }
    assert files["bge"]["recorded"] == {
        "model_id": "BAAI/bge-base-en-v1.5",
        "revision": "main",
        "pooling": "cls",
        "dtype": "float16",
        "tei_version": "1.8.3",
        "dimensions": 768,
    }
    assert record(stack, "bge").check().stdout == "unchanged: golden/test/bge.json (15 texts)\n"
    assert API_KEY not in str(files)
    unknown = record(stack, "bgee")
    assert (unknown.code, unknown.stderr) == (
        2,
        "stack 'test' serves no model 'bgee'. Perhaps you meant 'bge'? "
        "It serves: 'bge', 'bge-reranker', 'go-emotions', 'strict'\n",
    )


@pytest.mark.serving
def test_noise_passes_and_another_precision_or_revision_is_refused(
    stack: Stack, emulator: Emulator
) -> None:
    before, first = vector(stack), serving(emulator)
    record(stack).check()
    assert "unchanged" in stack.up().check().text, "golden vectors alone change nothing"

    emulator.fault("bge", "batch_noise", deployments="new")
    stack.configure(tokens(9216))
    stack.up().check()
    served = serving(emulator)
    assert served != first
    emulator.no_faults()

    for count, (wrong, told) in enumerate(pick(list(WRONGS.items()), 1), 1):
        emulator.fault("bge", wrong, deployments="new")
        stack.configure(tokens(9216 + 1024 * count))
        error = stack.up().refused().text
        assert "model 'bge': deployment " in error
        assert "moved the embedding space: " in error
        assert all(words in error for words in told), error
        assert "write new_space: true and record again with `baseten-tei golden bge`" in error
        assert serving(emulator) == served, wrong
        assert vector(stack) == before
        emulator.no_faults()

    emulator.forget_calls()
    stack.up().check()
    assert emulator.pushes() == 0, "the refused version was only not promoted"
    assert serving(emulator) != served


WRONGS = {
    "wrong_dtype": ("dtype float32, not float16 as recorded: if that",),
    "wrong_revision": ("cosine 0.94 of ", "(least allowed 0.999, mean 0."),
}  # fmt: skip


@pytest.mark.serving
def test_a_new_space_is_promoted_when_it_is_wanted_and_a_refused_one_deleted_when_asked(
    stack: Stack, emulator: Emulator
) -> None:
    record(stack).check()
    first = serving(emulator)

    emulator.fault("bge", "wrong_pooling", deployments="new")
    stack.configure(tokens(9216, on_refusal="delete"))
    told = stack.up().refused().text
    for said in ("pooling mean, not cls as recorded", "cosine 0.47 of ", " nearest neighbours"):
        assert said in told
    assert [it["id"] for it in emulator.deployments("bge")] == [first]

    stack.configure(tokens(9216, new_space=True))
    stack.refresh().check()  # what was pushed is gone, so it is pushed again
    stack.up().check()
    assert serving(emulator) != first
    assert record(stack, "bge").check().text.startswith("wrote golden/test/bge.json")
