"""Small repositories of the Hub: a healthy one of each task, and one thing at a time gone wrong."""

from __future__ import annotations

from typing import Any

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.outcome import BootFailure
from baseten_emulator.tei.start.boot import start_container
from baseten_emulator.tei.start.known_repositories import config_of_type
from baseten_emulator.tei.start.repository import Repository
from tests.support.tei_containers import config

REPO = "acme/model"
HUB_START = f"text-embeddings-router --port 7997 --model-id {REPO}"
GONE = object()
"""A field that is taken out of a healthy file."""

BERT: dict[str, Any] = {
    **config_of_type("bert"),
    "architectures": ["BertModel"],
    "model_type": "bert",
}
CLASSIFIER = {
    "architectures": ["BertForSequenceClassification"],
    "id2label": {"0": "bad", "1": "good"},
    "label2id": {"bad": 0, "good": 1},
}
RERANKER = {**CLASSIFIER, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
MEAN = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}


def files(files: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A healthy embedder, BERT unless said, with these `config.json` fields and files in place of its own."""
    own = config_of_type(str(fields.get("model_type", "bert"))) or {"max_position_embeddings": 512}
    merged = {**own, "architectures": ["BertModel"], "model_type": "bert", **fields}
    return {
        "config.json": {k: v for k, v in merged.items() if v is not GONE},
        "1_Pooling/config.json": MEAN,
        "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
        "tokenizer.json": True,
        "weights": {"format": "safetensors", "bytes": 90_000_000},
        **(files or {}),
    }


def start(
    repository: dict[str, Any],
    *,
    gated: bool = False,
    secrets: dict[str, str] | None = None,
    **container: Any,
) -> Router | BootFailure:
    """The repository in a container: mounted by Baseten on an L4 with TEI 1.8.3, unless said."""
    taught = {REPO: Repository.of(REPO, repository, gated)}
    return start_container(config(REPO, **container), secrets or {}, taught)


def running(*args: Any, **kwargs: Any) -> Router:
    """A repository that must start."""
    outcome = start(*args, **kwargs)
    assert isinstance(outcome, Router), outcome
    return outcome


def death(*args: Any, **kwargs: Any) -> BootFailure:
    """A repository that must not start."""
    outcome = start(*args, **kwargs)
    assert isinstance(outcome, BootFailure), outcome
    return outcome


def log_of(outcome: Router | BootFailure) -> str:
    """Everything that the container said."""
    lines = outcome.boot_log if isinstance(outcome, Router) else outcome.log_lines
    return "\n".join(lines)
