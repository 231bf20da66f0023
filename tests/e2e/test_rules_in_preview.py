"""Rules in a real preview, and what silencing it costs."""

import pytest

from baseten_tei.facts.hub.lockfile import render_lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from tests.e2e.test_bad_input import one_line
from tests.support.harness import Emulator, Stack

pytestmark = pytest.mark.e2e

MODEL = "search/no-tokenizer"
SPEC = {"task": "embedding", "model_id": MODEL}
FACTS = {
    "model_id": MODEL,
    "revision": "main",
    "commit": "c" * 40,
    "source": "made by a test",
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "pooling": {"modes": ["mean"]},
    "has_tokenizer_json": False,
    "weights": {"format": "safetensors", "bytes": 90_000_000, "files": ["model.safetensors"]},
}
REPOSITORY = {
    "config.json": {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_size": 384,
        "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536,
        "max_position_embeddings": 512, "pad_token_id": 0,
    },
    "1_Pooling/config.json": {
        "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
    },
    "tokenizer.json": False,
    "weights": {"format": "safetensors", "bytes": 90_000_000, "dtype": "F32"},
}  # fmt: skip


@pytest.fixture
def locked(stack: Stack, emulator: Emulator) -> Stack:
    """A stack whose one model is locked, and known to the emulator, without a tokenizer."""
    emulator.admin("POST", "hub", {"model_id": MODEL, "files": REPOSITORY})
    (stack.folder / "locks").mkdir()
    (stack.folder / "locks" / "test.yaml").write_text(
        render_lock([ModelFacts.model_validate(FACTS)])
    )
    return stack


def test_a_preview_refuses_what_the_router_would_not_start_with(
    locked: Stack, emulator: Emulator
) -> None:
    emulator.forget_calls()
    locked.configure({"search": SPEC})
    assert "tokenizer.json" in one_line(locked.preview().refused().text, "TEI-TASK-012")
    assert emulator.calls() == []


def test_silencing_it_deploys_the_locked_commit_and_shows_the_routers_own_words(
    locked: Stack,
) -> None:
    locked.configure({"search": {**SPEC, "silence": {"TEI-TASK-012": "to see what happens"}}})
    told = locked.up().refused().text
    assert "ended as DEPLOY_FAILED" in told
    assert (
        "tokenizer.json not found. text-embeddings-inference only supports fast tokenizers" in told
    )
    assert f"hf://{MODEL}@{'c' * 40}" in locked.config_text("search").read_text()


def test_warnings_appear_on_the_model_and_stop_nothing(stack: Stack) -> None:
    stack.configure({"search": SPEC})
    told = stack.preview().check().text
    on_the_model = told.partition("baseten-tei:index:Embedding (search):")[2]
    assert "TEI-LOCK-001" in on_the_model
