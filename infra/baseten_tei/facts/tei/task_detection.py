"""Which task TEI's router makes of a repository, as the router itself decides it.

Source: `get_backend_model_type` in TEI router/src/lib.rs, the same from 1.8.3 to 1.9.3. Neither the model's
name, nor its `pipeline_tag`, nor label maps without a Classification architecture have a say.
"""

from dataclasses import dataclass
from typing import Literal

from baseten_tei.facts.hub.model_facts import ModelFacts

Task = Literal["embedding", "reranker", "classifier"]

_MODES = {"cls": "cls", "mean": "mean", "lasttoken": "last-token"}
"""Modes of `1_Pooling/config.json` that TEI knows, in the order it looks for them → its name of each."""


@dataclass(frozen=True)
class Detected:
    """The task, the architecture that decided it, and for embeddings the pooling.

    `refusal` is what the router says where it does not start; the task is then what it was about to load.
    """

    task: Task
    architecture: str | None = None
    pooling: str | None = None
    refusal: str | None = None


def detect(facts: ModelFacts, pooling: str | None = None) -> Detected:
    """Return what the router loads, started with `--pooling` or without."""
    for architecture in facts.architectures or ():
        if architecture == "NewForTokenClassification" and not _has_labels(facts):
            continue  # left over in configs of Alibaba's GTE models
        if pooling == "splade" and architecture.endswith("MaskedLM"):
            return Detected("embedding", architecture, "splade")
        if architecture.endswith("Classification"):
            return _classifier(facts, architecture)
    return _embedding(facts, pooling)


def repository_pooling(facts: ModelFacts) -> str | None:
    """Return what `1_Pooling/config.json` says, in TEI's words; `None` where TEI can do nothing of it."""
    if facts.pooling is None or not facts.pooling.has_cls_and_mean_keys:
        return None
    return next((name for mode, name in _MODES.items() if mode in facts.pooling.modes), None)


def is_bert_like(facts: ModelFacts) -> bool:
    """Return whether the router takes `cls` if the repository does not name a pooling."""
    return "bert" in (facts.model_type or "").lower()


def _has_labels(facts: ModelFacts) -> bool:
    return facts.id2label is not None and facts.label2id is not None


def _classifier(facts: ModelFacts, architecture: str) -> Detected:
    task: Task = "classifier" if len(facts.id2label or ()) > 1 else "reranker"
    for name in ("id2label", "label2id"):
        if getattr(facts, name) is None:
            refusal = f"`config.json` does not contain `{name}`"
            return Detected(task, architecture, refusal=refusal)
    return Detected(task, architecture)


def _embedding(facts: ModelFacts, pooling: str | None) -> Detected:
    if pooling == "splade":
        refusal = "Splade pooling is not supported: model is not a ForMaskedLM model"
        return Detected("embedding", refusal=refusal)
    first = next(iter(facts.architectures or ()), None)
    if pooling is None and facts.pooling is None:
        pooling = "cls" if is_bert_like(facts) else None
    chosen = pooling or repository_pooling(facts)
    if chosen is not None:
        return Detected("embedding", first, chosen)
    return Detected("embedding", first, refusal=_pooling_refusal(facts))


def _pooling_refusal(facts: ModelFacts) -> str:
    if facts.pooling is None:
        return "The `--pooling` arg is not set and we could not find a pooling configuration (`1_Pooling/config.json`)"
    if not facts.pooling.has_cls_and_mean_keys:
        return "Failed to parse `1_Pooling/config.json`"
    return "Pooling config is not supported"
