"""`config.json` as the router's `ModelConfig`: which fields must be there, and of which type.

Source: `router/src/lib.rs` at v1.6.0, v1.8.3 and v1.9.3; refusals measured on 1.8.3 and 1.9.3.
"""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.tei.outcome import startup_error
from baseten_emulator.tei.start.repository import NO_SUCH_FILE, Repository
from baseten_emulator.tei.start.structs import decoder_of
from baseten_emulator.tei.versions import Version


def read_config(repository: Repository, version: Version) -> dict[str, Any]:
    """Return the fields that the router reads. Raises BootError for no `config.json`, or one that serde refuses."""

    config = repository.read("config.json", decoder_of("ModelConfig", version))
    if config is None:
        raise startup_error("`config.json` not found", NO_SUCH_FILE)
    return {"auto_map": None, **config}


def whole(config: Mapping[str, Any], *names: str, default: int) -> int:
    """Return the first of these fields that holds a positive whole number; for what the router leaves to
    its backend, which refuses the other types (`candle_config`).
    """
    numbers = (config.get(name) for name in names)
    return next((n for n in numbers if type(n) is int and n > 0), default)
