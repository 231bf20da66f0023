"""config.json as candle reads it again: the model type decides which struct.

Source: `enum Config` and `BertConfigWrapper` in backends/candle/src/lib.rs:75 and :126. From 1.9.0 on serde_json has
sorted the members before; up to 1.8.3 only for BERT, whose reader goes through a `Value`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from baseten_tei.facts.tei.loading.refusals import refuse_backend
from baseten_tei.facts.tei.loading.rows import read_rows
from baseten_tei.facts.tei.loading.serde.values import Known, read_struct
from baseten_tei.facts.tei.loading.serde.words import SerdeError, unknown_variant, wrong_type
from baseten_tei.facts.tei.releases import at_least, known_release, rows_of

Row = Mapping[str, Any]
_TYPES: Mapping[str, Row] = read_rows(Path(__file__).with_name("model_types.json"))


@dataclass(frozen=True)
class CandleConfig:
    """The model type's row of model_types.json, and the fields of its struct."""

    name: str
    """Key of the row: `jina` and `jina_code` say `model_type: bert`."""
    row: Row
    fields: Mapping[str, Any]


@cache
def type_names(release: str) -> Mapping[str, str]:
    """Return each `model_type` of a release → its row, in the order in which serde lists them."""
    known = known_release(release)
    rows = {id(row): key for key, row in _TYPES.items() if "names" in row}
    return {
        name: rows[id(row)]
        for row in rows_of((row for row in _TYPES.values() if "names" in row), known)
        for name in row["names"]
    }


def find_row(value: Mapping[str, Any], release: str) -> tuple[str, Row] | None:
    """Return the row of a config.json's type, Jina's kinds of BERT apart; `None` for a type without one."""
    kind = value.get("model_type")
    key = type_names(release).get(kind) if isinstance(kind, str) else None
    if key is None:
        return None
    name = _remote_code(value) or key if key == "bert" else key
    return name, _TYPES[name]


def read_config(value: Any, release: str, known: Known = None) -> CandleConfig:
    """Return what candle makes of config.json. Raises RefusedError."""
    try:
        return _read_config(value, release, known)
    except SerdeError as error:
        said = f"Model is not supported\n\nCaused by:\n    {error}"
        raise refuse_backend(str(error), said, error.field) from error


def _read_config(value: Any, release: str, known: Known) -> CandleConfig:
    if not isinstance(value, dict):
        raise wrong_type(value, "internally tagged enum Config")
    names = type_names(release)
    if value["model_type"] not in names:
        error = unknown_variant(value["model_type"], names)
        error.field = "model_type"
        raise error
    key = names[value["model_type"]]
    rest = {name: member for name, member in value.items() if name != "model_type"}
    is_sorted = key == "bert" or at_least(known_release(release), "1.9.0")
    members = _sort(rest) if is_sorted else _untag(value)
    fields = read_struct(_TYPES[key]["struct"], members, release, known)
    found = find_row(value, release)
    name, row = found or (key, _TYPES[key])
    return CandleConfig(name, row, fields)


def _sort(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in sorted(value)}


def _untag(value: Any) -> Any:
    """Leave out the tag, and keep the members as the file has them: twice, if they are there twice."""
    members = getattr(value, "members", None)
    if members is None:
        return {name: member for name, member in value.items() if name != "model_type"}
    return type(value)((name, member) for name, member in members if name != "model_type")


def _remote_code(value: Mapping[str, Any]) -> str | None:
    """Jina's two kinds of BERT are known by the remote code that they name (lib.rs:94)."""
    auto_map = value.get("auto_map")
    auto_config = auto_map.get("AutoConfig") if isinstance(auto_map, dict) else None
    code = auto_config if isinstance(auto_config, str) else ""
    for name, row in _TYPES.items():
        remote = row.get("remote_code")
        if remote and (value.get("_name_or_path") == remote or remote in code):
            return name
    return None
