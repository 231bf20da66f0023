"""A stack's models as one flat map, for scripts. It is made when it is asked for: no stack keeps it."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.spec.names import environment_variable

_FLAT_KEYS = (
    "task",
    "baseten_id",
    "model_id",
    "environment",
    "predict_url",
    "sync_url",
    "openai_base_url",
    "embeddings_url",
    "rerank_url",
    "classify_url",
    "wake_url",
)


def flat_outputs(models: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return `{"BGE_PREDICT_URL": …}` for `{"bge": {"predict_url": …}}`; limits by their own names."""
    return {
        f"{environment_variable(name)}_{key.upper()}": value
        for name, outputs in models.items()
        for key, value in (*_scalars(outputs), *outputs["limits"].items())
    }


def _scalars(outputs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, outputs[key]) for key in _FLAT_KEYS if key in outputs]
