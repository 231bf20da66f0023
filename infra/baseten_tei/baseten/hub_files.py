"""A lock's repositories as bodies of the emulator's `/_emulator/hub`: their files, as far as the lock has them."""

from collections.abc import Iterable, Mapping
from typing import Any

from baseten_tei.facts.hub.kept_repository import read_kept
from baseten_tei.facts.hub.model_facts import KeptRepository, ModelFacts, Pooling
from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.repository_files import INDEX
from baseten_tei.facts.tei.loading.serde.json_text import Broken, members_of, write_json

_CONFIG = (
    "architectures", "model_type", "id2label", "label2id", "problem_type", "hidden_size",
    "intermediate_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings",
    "n_positions", "position_embedding_type", "pad_token_id", "torch_dtype", "auto_map",
)  # fmt: skip
_TOKENS = ("cls", "mean", "max", "mean_sqrt_len", "weightedmean")
"""Modes whose key in `1_Pooling/config.json` ends in `_token` or `_tokens`; `lasttoken` is one word."""
_KNOWN_DTYPES = ("F64", "F32", "F16", "BF16", "F8_E4M3", "I8")


def repository_bodies(lock: Iterable[ModelFacts]) -> list[dict[str, Any]]:
    """Return each repository of a lock, by every revision that a push of it may name.

    A branch is deployed as its commit; by its own name only where it was pushed before it was locked.
    """
    return [repository_body(facts, revision) for facts in lock for revision in _revisions(facts)]


def repository_body(facts: ModelFacts, revision: str) -> dict[str, Any]:
    """Return the body of a POST that lets the emulator know a repository at a revision."""
    files = {
        **(_files_of_old_lock(facts) if facts.repository is None else _files(facts.repository)),
        "tokenizer.json": facts.has_tokenizer_json,
        "weights": _weights(facts),
    }
    told = {"model_id": facts.model_id, "revision": revision}
    known = {} if facts.repository else {"known": list(_CONFIG)}
    return {**told, "gated": facts.gated, "files": files, **known}


def _files(kept: KeptRepository) -> dict[str, Any]:
    """Return the files; of one that is not JSON, why: a text that no router reads as a file of its kind."""
    values = ((name, read_kept(text)) for name, text in kept.files.items() if name != INDEX)
    return {name: it.reason if isinstance(it, Broken) else _as_told(it) for name, it in values}


def _as_told(value: Any) -> Any:
    """Return a file, or its text where a name is there twice: that would be lost on the way."""
    return write_json(value) if _has_twice(value) else value


def _has_twice(value: Any) -> bool:
    if isinstance(value, Mapping):
        names = [name for name, _ in members_of(value)]
        return len(names) > len(set(names)) or any(map(_has_twice, value.values()))
    return isinstance(value, list) and any(map(_has_twice, value))


def _files_of_old_lock(facts: ModelFacts) -> dict[str, Any]:
    return {
        "config.json": _config(facts),
        **({"1_Pooling/config.json": _pooling(facts.pooling)} if facts.pooling else {}),
        **({"modules.json": _modules(facts.modules)} if facts.modules else {}),
        **_sentence(facts),
        **_prompts(facts.prompts),
    }


def _revisions(facts: ModelFacts) -> tuple[str, ...]:
    kept = facts.pushed_unlocked and facts.revision != facts.commit
    return (facts.commit, facts.revision) if kept else (facts.commit,)


def _config(facts: ModelFacts) -> dict[str, Any]:
    values = {name: getattr(facts, name) for name in _CONFIG}
    found = {name: _as_list(value) for name, value in values.items() if value not in (None, {})}
    return found | ({"_name_or_path": facts.name_or_path} if facts.name_or_path else {})


def _weights(facts: ModelFacts) -> dict[str, Any]:
    weights = facts.weights
    if weights is None:
        return {}
    known = [dtype for dtype in weights.dtypes if dtype in _KNOWN_DTYPES]
    return {
        "format": weights.format,
        "bytes": weights.bytes,
        **({"dtype": known[0]} if known else {}),
        **_tensors(facts.repository),
    }


def _tensors(kept: KeptRepository | None) -> dict[str, Any]:
    """Of a lock that has them: what a model loads is then these, and not what its type asks for."""
    if kept is None or kept.tensors is None:
        return {}
    return {"tensors": Tensors.from_rows(kept.tensors).shapes()}


def _pooling(pooling: Pooling) -> dict[str, bool]:
    off = {_pooling_key("cls"): False, _pooling_key("mean"): False}
    there = off if pooling.has_cls_and_mean_keys else {}
    return there | {_pooling_key(mode): True for mode in pooling.modes}


def _pooling_key(mode: str) -> str:
    ending = {"cls": "_token"}.get(mode, "_tokens") if mode in _TOKENS else ""
    return f"pooling_mode_{mode}{ending}"


def _modules(types: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "idx": number,
            "name": str(number),
            "path": f"{number}_{kind}" if number else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for number, kind in enumerate(types)
    ]


def _sentence(facts: ModelFacts) -> dict[str, Any]:
    if facts.max_seq_length is None and not facts.max_seq_length_is_null:
        return {}
    return {"sentence_bert_config.json": {"max_seq_length": facts.max_seq_length}}


def _prompts(prompts: Mapping[str, str | None]) -> dict[str, Any]:
    return {"config_sentence_transformers.json": {"prompts": dict(prompts)}} if prompts else {}


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
