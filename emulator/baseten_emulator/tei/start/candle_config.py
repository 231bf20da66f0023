"""`config.json` as candle reads it again: its own list of model types, each with a struct of its own.

Source: `enum Config` in `backends/candle/src/lib.rs`, and the `*Config` structs under `backends/candle/src/models`.
"""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.tei.http.serde import Members, MismatchError
from baseten_emulator.tei.start.images import backend_failure
from baseten_emulator.tei.start.structs import decoder_of, unknown_variant, variants_of
from baseten_emulator.tei.versions import SORTS_THE_CONFIG, Version

_STRUCTS = {"BertConfigWrapper": "BertConfig"}


def read_candle_config(config: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """Return the fields of this release's struct. Raises BootError with serde's reason."""
    known = variants_of("Config", version)
    try:
        if config["model_type"] not in known:
            raise unknown_variant(config["model_type"], known)
        name = _STRUCTS.get(known[config["model_type"]], known[config["model_type"]])
        return dict(decoder_of(name, version)(_members(config, name, version)))
    except MismatchError as mismatch:
        raise backend_failure(
            f"Model is not supported\n\nCaused by:\n    {mismatch.reason}"
        ) from mismatch


def _members(config: Mapping[str, Any], name: str, version: Version) -> dict[str, Any]:
    """Return all but the tag; a `serde_json::Value` has sorted them, which Jina's kinds of BERT always go through.

    Of two members of one name it has the last; without it both are there.
    """
    if version >= SORTS_THE_CONFIG or name == "BertConfig":
        return {key: config[key] for key in sorted(config) if key != "model_type"}
    members = getattr(config, "members", config.items())
    return Members((key, item) for key, item in members if key != "model_type")
