"""A stack's outputs as one flat map, for scripts."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.spec.names import environment_variable

FLAT_KEYS = (
    "task",
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
    """`{"BGE_PREDICT_URL": …}` for `{"bge": {"predict_url": …}}`; limits by their own names."""
    return {
        f"{environment_variable(name)}_{key.upper()}": value
        for name, outputs in models.items()
        for key, value in (*_told(outputs), *outputs["limits"].items())
    }


def _told(outputs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, outputs[key]) for key in FLAT_KEYS if key in outputs]
