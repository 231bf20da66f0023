"""The Sentence Transformers files: the longest input, and the prompts.

Source: `router/src/lib.rs` and `core/src/download.rs` (`ST_CONFIG_NAMES`), 1.6.0 to 1.9.3.
"""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.start.structs import decoder_of
from baseten_emulator.tei.versions import LATEST

LENGTH_FILES = tuple(
    f"sentence_{family}_config.json"
    for family in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
PROMPTS_FILE = "config_sentence_transformers.json"
_LENGTH, _PROMPTS = decoder_of("STConfig", LATEST), decoder_of("NewSTConfig", LATEST)
_OFFSET_FAMILIES = ("xlm-roberta", "camembert", "roberta")


def longest_input(repository: Repository, config: Mapping[str, Any], log: list[str]) -> int:
    """Return the model's own input length in tokens. Raises BootError for a `max_seq_length` that is not a number."""
    for name in LENGTH_FILES:
        config_file = repository.read(name, _LENGTH)
        if config_file is not None:
            return int(config_file["max_seq_length"])
    log.append("WARN Could not find a Sentence Transformers config")
    return int(config["max_position_embeddings"]) - _position_offset(config)


def prompts_of(repository: Repository) -> dict[str, str] | None:
    """Return the prompts by name; None where the repository has none. Raises BootError for one that is not text."""
    config_file = repository.read(PROMPTS_FILE, _PROMPTS) or {}
    return config_file.get("prompts")


def _position_offset(config: Mapping[str, Any]) -> int:
    """Return the rows before the first token: RoBERTa's 514 positions hold 512 tokens."""
    if config["model_type"] not in _OFFSET_FAMILIES:
        return 0
    return int(config["pad_token_id"] or 0) + 1
