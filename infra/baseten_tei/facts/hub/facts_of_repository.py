"""From a repository's files, as they were read, to the facts that decide a deployment.

Other people write these files: nothing here raises, whatever they contain. What TEI's own parser (serde) would not
take is left out, as if it were not there, since both keep the router from starting. Which files count, and in
which order, is TEI's (text-embeddings-inference `core/src/download.rs`, `router/src/lib.rs`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from baseten_tei.facts.hub.kept_repository import keep_repository
from baseten_tei.facts.hub.model_facts import KeptRepository, ModelFacts, Pooling
from baseten_tei.facts.hub.repository import Repository, parse_object, parse_strict
from baseten_tei.facts.hub.weight_files import find_weights
from baseten_tei.facts.tei.loading.repository_files import (
    CONFIG,
    LENGTHS,
    MODULES,
    POOLING,
    PROMPTS,
    TOKENIZER,
)

_POOLING_KEY = re.compile(r"pooling_mode_(?P<mode>\w+?)(_tokens?)?")
_CLS_AND_MEAN = ("pooling_mode_cls_token", "pooling_mode_mean_tokens")
_INTEGERS = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
    "n_positions",
    "pad_token_id",
)


def read_facts(repository: Repository) -> ModelFacts:
    """Return the facts that a lock file keeps."""
    kept = keep_repository(repository)
    return ModelFacts(
        model_id=repository.model_id,
        revision=repository.revision,
        commit=repository.commit,
        source=repository.source,
        gated=repository.gated,
        license=repository.license,
        repository=kept,
        **derive_fields(kept),
    )


def derive_fields(kept: KeptRepository) -> dict[str, Any]:
    """Return the fields of `ModelFacts` that follow from what is kept of a repository."""
    texts = kept.files
    return {
        "has_tokenizer_json": TOKENIZER in kept.sizes,
        "pooling": _pooling(texts),
        "modules": _modules(texts.get(MODULES)),
        "prompts": _prompts(parse_object(texts.get(PROMPTS)).get("prompts")),
        "weights": find_weights(kept),
        **_config_fields(parse_object(texts.get(CONFIG))),
        **_max_seq_length(texts),
    }


def _config_fields(config: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {key: config[key] for key in _INTEGERS if _is_integer(config.get(key))}
    words = {
        "model_type": config.get("model_type"),
        "problem_type": config.get("problem_type"),
        "position_embedding_type": config.get("position_embedding_type"),
        "torch_dtype": config.get("torch_dtype", config.get("dtype")),  # renamed in transformers 5
        "name_or_path": config.get("_name_or_path"),
    }
    return {
        **numbers,
        **{key: word for key, word in words.items() if isinstance(word, str)},
        "architectures": _architectures(config.get("architectures")),
        "id2label": _map_of(config.get("id2label"), lambda value: isinstance(value, str)),
        "label2id": _map_of(config.get("label2id"), _is_integer),
        "auto_map": _auto_map(config.get("auto_map")),
    }


def _architectures(value: Any) -> tuple[str, ...] | None:
    fits = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return tuple(value) if fits else None


def _map_of(value: Any, fits: Callable[[Any], bool]) -> dict[str, Any] | None:
    return value if isinstance(value, dict) and all(map(fits, value.values())) else None


def _auto_map(value: Any) -> dict[str, str | list[str]] | None:
    if not isinstance(value, dict):
        return None
    lists = {
        key: [w for w in v if isinstance(w, str)] for key, v in value.items() if isinstance(v, list)
    }
    return {key: v for key, v in value.items() if isinstance(v, str)} | lists


def _max_seq_length(texts: Mapping[str, str]) -> dict[str, Any]:
    config = next((parse_object(texts[name]) for name in LENGTHS if name in texts), {})
    value = config.get("max_seq_length")
    return {
        "max_seq_length": value if _is_integer(value) else None,
        "max_seq_length_is_null": "max_seq_length" in config and value is None,
    }


def _pooling(texts: Mapping[str, str]) -> Pooling | None:
    if POOLING not in texts:
        return None
    config = parse_object(texts[POOLING])
    keys = ((key, _POOLING_KEY.fullmatch(key)) for key, value in config.items() if value is True)
    modes = [match["mode"] for _, match in keys if match]
    if isinstance(named := config.get("pooling_mode"), str):  # new in sentence-transformers 5
        modes.append(named)
    return Pooling(
        modes=tuple(dict.fromkeys(modes)),
        has_cls_and_mean_keys=all(isinstance(config.get(key), bool) for key in _CLS_AND_MEAN),
    )


def _modules(text: str | None) -> tuple[str, ...]:
    modules = parse_strict(text)
    types = (
        [m.get("type") for m in modules if isinstance(m, dict)] if isinstance(modules, list) else []
    )
    return tuple(name.rpartition(".")[2] for name in types if isinstance(name, str))


def _prompts(value: Any) -> dict[str, str | None]:
    """A prompt that is not a string becomes `None`: TEI does not start with either."""
    prompts = value if isinstance(value, dict) else {}
    return {key: text if isinstance(text, str) else None for key, text in prompts.items()}


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
