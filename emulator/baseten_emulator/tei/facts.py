"""The facts that TEI reads from a model's repository: from the table `models.json`, else guessed.

A model that is not in the table is guessed from the config's `predict_endpoint`, and `ModelFacts.guessed` says so.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

Task = Literal["embedding", "reranker", "classifier"]


@dataclass(frozen=True)
class ModelFacts:
    """A model as TEI sees it; lengths in tokens, special tokens included."""

    repo_id: str
    task: Task
    model_type: str = "bert"
    hidden_size: int = 384
    max_input_length: int = 512
    pooling: str = "mean"
    labels: tuple[str, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)
    gated: bool = False
    guessed: bool = False
    num_attention_heads: int = 12
    intermediate_size: int = 1536
    weights_bytes: int = 0
    dense: tuple[str, ...] = ()
    """Folders of its Dense modules, in `modules.json`."""
    auto_config: str = ""
    """`auto_map.AutoConfig`: distinguishes Jina's BERT variants from BERT."""
    vocab_size: int = 30522
    commit: str = ""
    """The commit that `main` is, where the table knows it."""
    id2label: Mapping[str, str] = field(default_factory=dict)
    label2id: Mapping[str, int] = field(default_factory=dict)


_GUESSES: dict[str, tuple[Task, tuple[str, ...]]] = {
    "/rerank": ("reranker", ("LABEL_0",)),
    "/predict": ("classifier", ("LABEL_0", "LABEL_1")),
}


@cache
def load_known_models() -> dict[str, ModelFacts]:
    """Return the table of well-known models, by lower-case repository id (the Hub ignores case)."""
    table = json.loads(Path(__file__).with_name("models.json").read_text("utf-8"))
    return {repo_id.lower(): parse_facts(repo_id, entry) for repo_id, entry in table.items()}


def parse_facts(repo_id: str, entry: Mapping[str, Any]) -> ModelFacts:
    """Return the typed facts of one entry of the table."""
    labels, dense = tuple(entry.get("labels", ())), tuple(entry.get("dense", ()))
    maps = {
        "id2label": {str(n): label for n, label in enumerate(labels)},
        "label2id": {label: n for n, label in enumerate(labels)},
    }
    return ModelFacts(repo_id, **{**entry, **maps, "labels": labels, "dense": dense})


def find_facts(repo_id: str, predict_endpoint: str) -> ModelFacts:
    """Return the facts of a model: from the table, or guessed from the route that it is to serve."""
    known = load_known_models().get(repo_id.lower())
    if known is not None:
        return known
    task, labels = _GUESSES.get(predict_endpoint, ("embedding", ()))
    return ModelFacts(repo_id, task, labels=labels, guessed=True)


def other_revision(repo_id: str, revision: str) -> str:
    """Return a revision where it is not what `main` is, else "": only the table knows commits by name."""
    known = load_known_models().get(repo_id.lower())
    return "" if revision in ("main", known.commit if known else "main") else revision
