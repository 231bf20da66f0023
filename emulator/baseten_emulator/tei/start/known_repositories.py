"""The repository on the Hub of a model in the table, as far as a start depends on its files."""

from dataclasses import replace
from typing import Any

from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.start.repository import Repository

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
    return replace(Repository.of(facts.repo_id, files, facts.gated), guessed=facts.guessed)


def _config(facts: ModelFacts) -> dict[str, Any]:
    model_type = facts.model_type
    longest = max(facts.max_input_length, 512) + _OFFSETS.get(model_type, 0)
    config: dict[str, Any] = {
        "architectures": [_architecture(facts)],
        "model_type": model_type,
        "hidden_size": facts.hidden_size,
        "intermediate_size": facts.intermediate_size,
        "num_attention_heads": facts.num_attention_heads,
        "n_positions" if model_type == "nomic_bert" else "max_position_embeddings": longest,
        "pad_token_id": 1 if model_type in _OFFSETS else 0,
        "vocab_size": 30522,
    }
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
