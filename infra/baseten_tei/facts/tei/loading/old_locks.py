"""Facts of an older lock, as files: it kept what the rules of its day asked for, and nothing of the tensors."""

from collections.abc import Iterator
from typing import Any

from baseten_tei.facts.hub.model_facts import ModelFacts, Pooling
from baseten_tei.facts.tei.loading.repository_files import (
    CONFIG,
    INDEX,
    LENGTHS,
    MODULES,
    POOLING,
    PROMPTS,
    TOKENIZER,
    RepositoryFiles,
)

KNOWN = frozenset(
    {
        "architectures", "model_type", "id2label", "label2id", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "max_position_embeddings", "n_positions", "pad_token_id", "auto_map",
    }
)  # fmt: skip
"""Members of config.json that an older lock has if the file has them, in the type that TEI reads."""
_MORE = ("position_embedding_type", "problem_type")
_KEYS = {"cls": "cls_token", "mean": "mean_tokens"}
_OURS = ("Transformer", "Pooling", "Dense", "Normalize")


def files_of_old_lock(facts: ModelFacts, is_local: bool = True) -> RepositoryFiles:
    """Return the files as far as the facts have them."""
    json = dict(_files(facts))
    return RepositoryFiles(json, frozenset(_names(facts, json)), known=KNOWN, is_local=is_local)


def _files(facts: ModelFacts) -> Iterator[tuple[str, Any]]:
    yield CONFIG, _config(facts)
    if facts.pooling is not None:
        yield POOLING, _pooling(facts.pooling)
    if facts.max_seq_length is not None or facts.max_seq_length_is_null:
        yield LENGTHS[0], {"max_seq_length": facts.max_seq_length}
    if facts.prompts:
        yield PROMPTS, {"prompts": facts.prompts}
    if facts.modules:
        yield MODULES, [_module(*module) for module in enumerate(facts.modules)]


def _config(facts: ModelFacts) -> dict[str, Any]:
    given = {name: getattr(facts, name) for name in (*sorted(KNOWN), *_MORE)}
    given |= {"_name_or_path": facts.name_or_path}
    if facts.architectures is not None:
        given["architectures"] = list(facts.architectures)
    return {name: value for name, value in given.items() if value is not None}


def _pooling(pooling: Pooling) -> dict[str, bool]:
    """Without the two keys that TEI asks for where they were not there."""
    modes = {f"pooling_mode_{_KEYS.get(mode, mode)}": True for mode in pooling.modes}
    if not pooling.has_cls_and_mean_keys:
        return {
            key: True for key in modes if key.removeprefix("pooling_mode_") not in _KEYS.values()
        }
    return dict.fromkeys((f"pooling_mode_{key}" for key in _KEYS.values()), False) | modes


def _module(number: int, name: str) -> dict[str, Any]:
    """A lock has the last word of a type alone; the rest is as TEI knows it, where it knows the word."""
    package = "sentence_transformers.models" if name in _OURS else "unknown"
    path = "" if name == "Transformer" else f"{number}_{name}"
    return {"idx": number, "name": str(number), "path": path, "type": f"{package}.{name}"}


def _names(facts: ModelFacts, json: dict[str, Any]) -> Iterator[str]:
    """Nothing where the lock has no weights: then nobody looked."""
    if facts.weights is None:
        return
    yield from json
    yield from facts.weights.files
    folders = (f"{number}_{name}" for number, name in enumerate(facts.modules))
    yield from (
        f"{folder}/{name}" for folder in folders for name in ("config.json", "model.safetensors")
    )
    if facts.has_tokenizer_json:
        yield TOKENIZER
    if facts.weights.format == "sharded-safetensors":
        yield INDEX
