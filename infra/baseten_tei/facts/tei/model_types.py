"""Model types of TEI, as data: since when, on what, with which poolings, with a classifier's head or not.

Source: TEI `enum Config` in backends/candle/src/lib.rs and the models it loads, compared tag by tag from
v1.6.0 to v1.9.3. TEI runs no remote code: a type that is not here does not load.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

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


JINA, JINA_CODE = "jinaai/jina-bert-implementation", "jinaai/jina-bert-v2-qk-post-norm"
"""Repositories of remote code by which TEI tells Jina's models from BERT: all say `model_type: bert`."""


def _model_type(row: Mapping[str, Any]) -> ModelType:
    values: dict[str, Any] = {
        key: tuple(it) if isinstance(it, list) else it for key, it in row.items()
    }
    return ModelType(**values)


_ROWS = json.loads(Path(__file__).with_name("model_types.json").read_text("utf-8"))
MODEL_TYPES: Mapping[str, ModelType] = MappingProxyType(
    {name: _model_type(row) for name, row in _ROWS.items()}
)


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
