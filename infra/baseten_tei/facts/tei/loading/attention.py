"""Which way a text's tokens look: what a repository asks for, against what candle does with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baseten_tei.facts.tei.loading.rows import read_rows
from baseten_tei.facts.tei.releases import rows_of

_ROWS = read_rows(Path(__file__).with_name("attention.json"))
_FIELDS = {"use_bidirectional_attention": True, "is_causal": False}
"""A field, and its value for attention in both directions."""
OWN_CODE = "auto_map"


def ignored_attention(config: Mapping[str, Any], release: str) -> str | None:
    """Return the member of config.json that asks for another attention than this release has; `None` if none does."""
    for row in rows_of(_ROWS, release):
        if row["model_type"] == config.get("model_type"):
            return _ignored(config, row)
    return None


def _ignored(config: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    read = row.get("reads")
    has_both = row["both"] if _way(config, read) is None else _way(config, read)
    for field in _FIELDS:
        if _way(config, field) is not None:
            return None if _way(config, field) is has_both else field
    if _has_own_code(config):
        return OWN_CODE if row.get("own_code_both", has_both) is not has_both else None
    return row["default"] if row.get("default") and has_both else None


def _way(config: Mapping[str, Any], field: str | None) -> bool | None:
    """Return whether the field asks for both directions; `None` where it is not there."""
    value = config.get(field) if field else None
    return value is _FIELDS[str(field)] if isinstance(value, bool) else None


def _has_own_code(config: Mapping[str, Any]) -> bool:
    code = config.get(OWN_CODE)
    return isinstance(code, Mapping) and "AutoModel" in code
