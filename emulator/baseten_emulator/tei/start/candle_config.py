"""`config.json` as candle reads it again: its own list of model types, its own required fields.

Only fields that real repositories are known to lack are checked. Source: `enum Config` and the `*Config` structs under
`backends/candle/src/models`.
"""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.tei.http.serde import MismatchError
from baseten_emulator.tei.outcome import BootError
from baseten_emulator.tei.start.families import Family, family_of, variants
from baseten_emulator.tei.start.images import backend_failure
from baseten_emulator.tei.start.model_config import usize
from baseten_emulator.tei.versions import Version

_SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
)


def check_config(config: Mapping[str, Any], version: Version) -> None:
    """Refuse what this release's `Config` cannot be made from. Raises BootError with serde's reason."""
    known = variants(version)
    if config["model_type"] not in known:
        listed = ", ".join(f"`{name}`" for name in known)
        raise _unsupported_error(
            f"unknown variant `{config['model_type']}`, expected one of {listed}"
        )
    try:
        _check_fields(config, family_of(config))
    except MismatchError as mismatch:
        raise _unsupported_error(mismatch.reason) from mismatch


def _check_fields(config: Mapping[str, Any], family: Family) -> None:
    for name in family.required:
        if name not in config:
            raise MismatchError(f"missing field `{name}`")
    for name in (*family.required, *_SIZES):
        if name in config:
            usize(config[name])


def _unsupported_error(reason: str) -> BootError:
    return backend_failure(f"Model is not supported\n\nCaused by:\n    {reason}")
