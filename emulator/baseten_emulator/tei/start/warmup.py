"""The first forward passes: a health check with one token, then a batch as large as the settings.

Source: `backends/src/lib.rs` (`health`, `warmup`) at v1.7.0, v1.7.1, v1.8.3 and v1.9.3. Flash models warm up with
`--max-batch-tokens`; padded models not at all up to 1.7.0, with the same to 1.8.3, and with a single input from 1.9.0
on (#792), so that they run out of memory under load instead.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from baseten_emulator.tei.memory import OUT_OF_MEMORY, Memory
from baseten_emulator.tei.outcome import panic, startup_error
from baseten_emulator.tei.settings import Settings
from baseten_emulator.tei.start.backend import Backend
from baseten_emulator.tei.start.families import Family
from baseten_emulator.tei.versions import PADDED_MODELS_WARM_UP, PADDED_MODELS_WARM_UP_ONE_INPUT

_HEADER = re.compile(r"[\t\x20-\x7e]*")
_UNHEALTHY = "Model backend is not healthy"


def check_warmup(backend: Backend, settings: Settings, config: Mapping[str, Any]) -> None:
    """Run what TEI runs before it listens. Raises BootError for a pooling, a length or a size that fails there."""
    family = backend.family
    if family and backend.padded and _panics(family, settings):
        raise panic("internal error: entered unreachable code", "backends/candle/src/models")
    if backend.padded and settings.version < PADDED_MODELS_WARM_UP:
        return
    if family and family.position_table:
        _check_positions(min(settings.max_input_length, settings.max_batch_tokens), config)
    if settings.memory and not _fits(backend, settings, settings.memory):
        raise startup_error(_UNHEALTHY, OUT_OF_MEMORY)


def _panics(family: Family, settings: Settings) -> bool:
    since = family.last_token
    is_able = since is not None and settings.version >= since and settings.pooling == "last_token"
    return settings.pooling in family.panics and not is_able


def _check_positions(longest: int, config: Mapping[str, Any]) -> None:
    rows = int(config["max_position_embeddings"])
    if longest > rows:
        cause = f"index-select invalid index {rows} with dim size {rows}"
        raise startup_error(_UNHEALTHY, cause)


def _fits(backend: Backend, settings: Settings, memory: Memory) -> bool:
    longest = min(settings.max_input_length, settings.max_batch_tokens)
    one_input = backend.padded and settings.version >= PADDED_MODELS_WARM_UP_ONE_INPUT
    texts = 1 if one_input else max(settings.max_batch_tokens // max(longest, 1), 1)
    tokens = longest if one_input else settings.max_batch_tokens
    return memory.holds_batch(texts, longest, tokens)


def check_origins(origins: Sequence[str]) -> None:
    """Make the headers of CORS, the last thing before it listens. Raises BootError (router/src/http/server.rs:1721)."""
    if "*" not in origins and not all(map(_HEADER.fullmatch, origins)):
        said = "called `Result::unwrap()` on an `Err` value: InvalidHeaderValue"
        raise panic(said, "router/src/http/server.rs:1721:57")
