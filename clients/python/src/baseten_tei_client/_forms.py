"""Takes outputs in the forms in which programs have them, as a mapping."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from types import ModuleType
from typing import Any

from baseten_tei_client.errors import OutputsError


def as_mapping(outputs: object) -> Mapping[str, Any] | None:
    """Return the outputs of a mapping, a typed module or something from it, or Pulumi's; `None` for other things.

    Raises `OutputsError` for an output of Pulumi that is not resolved yet.
    """
    if isinstance(outputs, Mapping):
        return {key: _plain(value) for key, value in outputs.items()}
    if isinstance(outputs, ModuleType):
        models = as_mapping(getattr(outputs, "models", None))
        return models and {"schema_version": getattr(outputs, "SCHEMA_VERSION", 1), **models}
    if is_dataclass(outputs) and not isinstance(outputs, type):
        return _of_typed(asdict(outputs))
    if callable(getattr(outputs, "apply", None)):
        raise OutputsError(
            "these outputs of Pulumi are not resolved yet: write `outputs.apply(lambda it: connect(…, outputs=it))`, "
            "or take `stack.get_output_details(…).value`"
        )
    value = _plain(outputs)
    return None if value is outputs else as_mapping(value)


def _of_typed(values: dict[str, Any]) -> Mapping[str, Any] | None:
    """Return a typed module's object: one model, or all of them by their own names instead of Python's."""
    if "sync_url" not in values:
        if not all(isinstance(it, dict) and "name" in it for it in values.values()):
            return None
        return {"models": {model["name"]: _of_typed(model) for model in values.values()}}
    environments = values.get("environments") or {}
    return {**values, "environments": {it["name"]: it for it in environments.values()}}


def _plain(value: Any) -> Any:
    """Return what Pulumi's `OutputDetails` of a StackReference, or `OutputValue` of a stack's automation, holds."""
    if hasattr(value, "secret_value") and hasattr(value, "value"):
        return value.secret_value if value.value is None else value.value
    return value.value if hasattr(value, "value") and hasattr(value, "secret") else value
