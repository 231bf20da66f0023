"""Model types of TEI, as data: since when, on what, with which poolings, with a classifier's head or not.

Source: TEI `enum Config` in backends/candle/src/lib.rs and the models it loads, compared tag by tag from
v1.6.0 to v1.9.3. TEI runs no remote code: a type that is not here does not load.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from baseten_tei.facts.hub.model_facts import ModelFacts

Positions = Literal["absolute", "rope", "alibi", "other"]


@dataclass(frozen=True)
class ModelType:
    """What TEI can do with one `model_type`."""

    since: str = "1.6.0"
    """First release that loads it; `1.6.0` stands for that or older."""
    classifies_since: str | None = None
    """First release with a head for rerankers and classifiers; `None`: none has one."""
    flash: tuple[int, ...] = ()
    """Versions of flash attention it can use; without one its batches are padded."""
    needs_flash: bool = False
    fp32_only: bool = False
    poolings: tuple[str, ...] = ("cls", "mean", "last-token")
    """With flash attention, or for a type that never uses it."""
    padded_poolings: tuple[str, ...] | None = None
    """Without, where that differs."""
    positions: Positions = "other"
    needs_pad_token: bool = False
    """Whether its config does not parse without a `pad_token_id`."""


_CLS_MEAN = ("cls", "mean")
_SPLADE = ("cls", "mean", "splade")
_BERT = ModelType(
    classifies_since="1.6.0", flash=(1, 2), poolings=(*_SPLADE, "last-token"), padded_poolings=_SPLADE,
    positions="absolute", needs_pad_token=True,
)  # fmt: skip
_JINA = ModelType(
    classifies_since="1.7.1", flash=(1, 2), padded_poolings=_CLS_MEAN, positions="alibi", needs_pad_token=True
)  # fmt: skip
_GTE = ModelType(
    classifies_since="1.6.0", flash=(1, 2), padded_poolings=_CLS_MEAN, positions="rope"
)
_LLAMA = ModelType(since="1.9.0", flash=(2,), needs_flash=True)

JINA, JINA_CODE = "jinaai/jina-bert-implementation", "jinaai/jina-bert-v2-qk-post-norm"
"""Repositories of remote code by which TEI tells Jina's models from BERT: all say `model_type: bert`."""

MODEL_TYPES: Mapping[str, ModelType] = MappingProxyType(
    {
        "bert": _BERT,
        "roberta": _BERT,
        "xlm-roberta": _BERT,
        "camembert": _BERT,
        JINA: _JINA,
        JINA_CODE: ModelType(
            flash=(1, 2), padded_poolings=_CLS_MEAN, positions="alibi", needs_pad_token=True
        ),
        "distilbert": ModelType(
            classifies_since="1.6.1", flash=(2,), poolings=(*_SPLADE, "last-token"),
            padded_poolings=_SPLADE, positions="absolute", needs_pad_token=True,
        ),
        "deberta-v2": ModelType(since="1.9.0", classifies_since="1.9.0", poolings=_CLS_MEAN),
        "mpnet": ModelType(poolings=_CLS_MEAN, positions="absolute"),
        "nomic_bert": ModelType(flash=(2,), padded_poolings=_CLS_MEAN),
        "new": _GTE,
        "gte": ModelType(
            since="1.6.1", classifies_since="1.6.1", flash=(1, 2), padded_poolings=_CLS_MEAN, positions="rope"
        ),
        "modernbert": ModelType(
            since="1.7.0", classifies_since="1.7.0", flash=(2,), padded_poolings=_CLS_MEAN, needs_pad_token=True
        ),
        "mistral": ModelType(flash=(2,), needs_flash=True),
        "qwen2": ModelType(flash=(1, 2), needs_flash=True),
        "qwen3": ModelType(since="1.7.2", flash=(1, 2)),
        "llama": _LLAMA,
        "llama_bidirec": _LLAMA,
        "gemma3_text": ModelType(since="1.8.1", fp32_only=True, poolings=("mean",), needs_pad_token=True),
        "bidirectional_pplx_qwen3": ModelType(since="1.9.2", fp32_only=True, poolings=("mean",)),
    }
)  # fmt: skip


def type_name(facts: ModelFacts) -> str | None:
    """Return the key of `MODEL_TYPES`: `model_type`, Jina's BERT variants apart as in the router."""
    if facts.model_type != "bert":
        return facts.model_type
    remote = (facts.auto_map or {}).get("AutoConfig")
    for variant in (JINA, JINA_CODE):
        if facts.name_or_path == variant or (isinstance(remote, str) and variant in remote):
            return variant
    return "bert"


def model_type(facts: ModelFacts | None) -> ModelType | None:
    """Return what TEI can do with it; `None` for a type that no release loads, or that nobody knows."""
    return MODEL_TYPES.get((facts and type_name(facts)) or "")
