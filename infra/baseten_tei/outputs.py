"""What a stack says of its models to scripts and services. Nothing here is secret, or holds a secret."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.names import environment_variable

SCHEMA_VERSION = 1

FLAT_KEYS = (
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
    """One flat map for scripts: `{"BGE_PREDICT_URL": …}` for `{"bge": {"predict_url": …}}`."""
    return {
        f"{environment_variable(name)}_{key.upper()}": outputs[key]
        for name, outputs in models.items()
        for key in FLAT_KEYS
        if key in outputs
    }
