"""The router's own start, up to its backend: what it reads from a model's repository, in its order.

`config.json`, task and pooling, labels, tokenizer, longest input; `settle` goes on from there. Source:
`router/src/lib.rs`, `run`, at v1.6.0, v1.8.3 and v1.9.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.command_line.clap import Values
from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.outcome import BootError, panic
from baseten_emulator.tei.start.detection import Detected, detect
from baseten_emulator.tei.start.loading import hidden_size
from baseten_emulator.tei.start.model_config import read_config, whole
from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.start.sentence import longest_input
from baseten_emulator.tei.versions import Version

_NO_TOKENIZER = (
    "tokenizer.json not found. text-embeddings-inference only supports fast tokenizers:"
    ' Os { code: 2, kind: NotFound, message: "No such file or directory" }'
)


@dataclass(frozen=True)
class Read:
    """A repository once the router has read it. `config` holds the fields that the router reads."""

    config: Mapping[str, Any]
    detected: Detected
    facts: ModelFacts


def read_model(repository: Repository, values: Values, version: Version, log: list[str]) -> Read:
    """Return what the router makes of a repository. Raises BootError at the first file that it cannot use."""
    config = read_config(repository, version)
    flag = values.get("pooling", "").replace("-", "_") or None
    detected = detect(repository, config, flag, version, log)
    if not repository.has("tokenizer.json"):
        raise panic(_NO_TOKENIZER, "router/src/lib.rs")
    length = longest_input(repository, config, log)
    return Read(config, detected, _facts(repository, config, detected, length))


def find_trained_pooling(repository: Repository, read: Read, version: Version) -> str:
    """Return the pooling that the model's own files ask for; the one in use where they name none."""
    try:
        return detect(repository, read.config, None, version, []).pooling
    except BootError:
        return read.detected.pooling


def _facts(
    repository: Repository, config: Mapping[str, Any], detected: Detected, length: int
) -> ModelFacts:
    raw = repository.files["config.json"]
    hidden = hidden_size(repository)
    id2label = dict(detected.id2label or {})
    return ModelFacts(
        repository.repo_id,
        detected.task,
        config["model_type"],
        hidden,
        length,
        detected.pooling,
        labels=tuple(id2label[key] for key in sorted(id2label, key=_index)),
        gated=repository.gated,
        guessed=repository.guessed,
        num_attention_heads=whole(raw, "num_attention_heads", "n_heads", "n_head", default=12),
        intermediate_size=whole(raw, "intermediate_size", "hidden_dim", default=4 * hidden),
        vocab_size=whole(raw, "vocab_size", default=30522),
        id2label=id2label,
        label2id=dict(detected.label2id or {}),
    )


def _index(key: str) -> tuple[int, str]:
    return (int(key), key) if key.isdigit() else (10**9, key)
