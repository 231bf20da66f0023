"""The repository on the Hub of a model in the table, as far as a start depends on its files.

configs.json has a whole config.json of each model type, as the Hub's repositories of that type have it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.start.repository import Repository

_CONFIGS: Mapping[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("configs.json").read_text("utf-8")
)
_LIKE = {
    "roberta": "bert", "xlm-roberta": "bert", "camembert": "bert", "new": "gte", "llama_bidirec": "llama",
    "bidirectional_pplx_qwen3": "qwen3",
}  # fmt: skip
_SIZES: Mapping[str, Mapping[str, str]] = {
    "distilbert": {"hidden_size": "dim", "intermediate_size": "hidden_dim", "num_attention_heads": "n_heads"},
    "nomic_bert": {"hidden_size": "n_embd", "intermediate_size": "n_inner", "num_attention_heads": "n_head",
                   "max_position_embeddings": "n_positions"},
}  # fmt: skip
_OFFSETS = {"roberta": 2, "xlm-roberta": 2, "camembert": 2}


def build_repository(facts: ModelFacts) -> Repository:
    """Return the repository of a model that is known by its facts."""
    files: dict[str, Any] = {
        "config.json": _config(facts),
        "sentence_bert_config.json": {"max_seq_length": facts.max_input_length},
        "tokenizer.json": True,
        "weights": {"bytes": facts.weights_bytes},
    }
    if facts.task == "embedding" and facts.pooling != "splade":
        files["1_Pooling/config.json"] = _pooling(facts.pooling)
    if facts.prompts:
        files["config_sentence_transformers.json"] = {"prompts": dict(facts.prompts)}
    if facts.dense:
        files["modules.json"] = [_dense(path) for path in facts.dense]
        files |= {f"{path}/config.json": _dense_config(facts) for path in facts.dense}
    return replace(Repository.of(facts.repo_id, files, facts.gated), guessed=facts.guessed)


def config_of_type(model_type: str) -> dict[str, Any]:
    """Return every field that candle wants of a model type; none of a type that it does not know."""
    return dict(_CONFIGS.get(_LIKE.get(model_type, model_type), {}))


def complete_config(files: Mapping[str, Any], known: Sequence[Any] | None) -> Mapping[str, Any]:
    """Return the files with the members of config.json that nobody looked at; `known` names the others, None: all."""
    config = files.get("config.json")
    if known is None or not isinstance(config, dict):
        return files
    own = config_of_type(str(config.get("model_type", "")))
    others = {name: value for name, value in own.items() if name not in known}
    return {**files, "config.json": {**others, **config}}


def _config(facts: ModelFacts) -> dict[str, Any]:
    model_type = facts.model_type
    longest = max(facts.max_input_length, 512) + _OFFSETS.get(model_type, 0)
    own = {
        "hidden_size": facts.hidden_size,
        "intermediate_size": facts.intermediate_size,
        "num_attention_heads": facts.num_attention_heads,
        "max_position_embeddings": longest,
    }
    names = _SIZES.get(model_type, {})
    config: dict[str, Any] = {
        "architectures": [_architecture(facts)],
        "model_type": model_type,
        **config_of_type(model_type),
        **{names.get(name, name): value for name, value in own.items()},
        "pad_token_id": 1 if model_type in _OFFSETS else 0,
        "vocab_size": 30522,
    }
    if facts.task != "embedding":
        config["num_labels"] = len(facts.labels)
    if facts.auto_config:
        config["auto_map"] = {"AutoConfig": facts.auto_config}
    if facts.labels:
        config["id2label"] = {str(n): label for n, label in enumerate(facts.labels)}
        config["label2id"] = {label: n for n, label in enumerate(facts.labels)}
    return config


def _architecture(facts: ModelFacts) -> str:
    family = facts.model_type.replace("-", "_").title().replace("_", "")
    if facts.task == "embedding":
        return family + ("ForMaskedLM" if facts.pooling == "splade" else "Model")
    return family + "ForSequenceClassification"


def _pooling(pooling: str) -> dict[str, bool]:
    modes = {"cls": "cls_token", "mean": "mean_tokens", "last_token": "lasttoken"}
    return {f"pooling_mode_{mode}": pooling == name for name, mode in modes.items()}


def _dense(path: str) -> dict[str, Any]:
    number = int(path.partition("_")[0])
    return {"idx": number, "name": str(number), "path": path,
            "type": "sentence_transformers.models.Dense"}  # fmt: skip


def _dense_config(facts: ModelFacts) -> dict[str, Any]:
    width = facts.hidden_size
    return {"in_features": width, "out_features": width, "bias": False,
            "activation_function": "torch.nn.modules.linear.Identity"}  # fmt: skip
