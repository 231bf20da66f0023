"""`config.json` as the router's `ModelConfig`: which fields must be there, and of which type.

Source: `router/src/lib.rs` at v1.6.0, v1.8.3 and v1.9.3; refusals measured on 1.8.3 and 1.9.3.
"""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.tei.http.serde import (
    Field,
    MismatchError,
    Struct,
    list_of,
    map_of,
    optional,
    string,
    unsigned,
)
from baseten_emulator.tei.outcome import startup_error
from baseten_emulator.tei.start.repository import NO_SUCH_FILE, Repository
from baseten_emulator.tei.versions import READS_AUTO_MAP, Version

usize = unsigned(64, "usize")
_POSITIONS = "max_position_embeddings"


def read_config(repository: Repository, version: Version) -> dict[str, Any]:
    """Return the fields that the router reads. Raises BootError for no `config.json`, or one that serde refuses."""

    def model_config(value: Any) -> dict[str, Any]:
        return _model_config(value, version)

    config = repository.read("config.json", model_config)
    if config is None:
        raise startup_error("`config.json` not found", NO_SUCH_FILE)
    return dict(config)


def whole(config: Mapping[str, Any], *names: str, default: int) -> int:
    """Return the first of these fields that holds a positive whole number; for what the router leaves to
    its backend, which refuses the other types (`candle_config`).
    """
    numbers = (config.get(name) for name in names)
    return next((n for n in numbers if type(n) is int and n > 0), default)


def _model_config(value: Any, version: Version) -> dict[str, Any]:
    keys = value if isinstance(value, dict) else {}
    name = "n_positions" if "n_positions" in keys and _POSITIONS not in keys else _POSITIONS
    decoded = Struct("ModelConfig", _fields(name, version))(value)
    if "n_positions" in keys and name == _POSITIONS:
        raise MismatchError(f"duplicate field `{_POSITIONS}`")
    return {**decoded, _POSITIONS: decoded[name]}


def _fields(positions: str, version: Version) -> dict[str, Field]:
    fields = {
        "architectures": Field(list_of(string)),
        "model_type": Field(string),
        positions: Field(usize),
        "pad_token_id": Field(usize, 0),
        "id2label": Field(optional(map_of(string)), None),
        "label2id": Field(optional(map_of(usize)), None),
    }
    if version < READS_AUTO_MAP:
        return fields
    auto_map = Field(optional(map_of(string)), None)
    return {**fields, "pad_token_id": Field(optional(usize), None), "auto_map": auto_map}
