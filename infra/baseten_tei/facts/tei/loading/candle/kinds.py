"""What candle makes of a model type, whatever else stands in its config.json."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.facts.tei.loading.candle.candle_config import find_row
from baseten_tei.facts.tei.loading.candle.model_class import ModelClass, class_of_row
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.releases import NEWEST

_SINGLE = {"dtype": {"not": "float32"}}


def find_kind(config: Mapping[str, Any]) -> str | None:
    """Return the key in model_types.json; `None` for a type that no release loads, or that is not there."""
    found = find_row(config, NEWEST)
    return found and found[0]


def find_class(config: Mapping[str, Any], hardware: Hardware, dtype: str) -> ModelClass | None:
    """Return the model that candle takes there; `None` where it has none, or does not know the type."""
    found = find_row(config, NEWEST)
    return class_of_row(found[1], hardware, dtype) if found else None


def runs_in_float32_only(config: Mapping[str, Any]) -> bool:
    """Return whether candle refuses every other dtype."""
    model = find_class(config, Hardware(), "float32")
    return model is not None and any(check["when"] == _SINGLE for check in model.row["checks"])
