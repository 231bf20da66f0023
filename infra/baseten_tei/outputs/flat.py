"""A stack's models as one flat map, for scripts. It is made when it is asked for: no stack keeps it."""

from collections.abc import Iterator, Mapping
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
    "prompts",
)


def flat_outputs(models: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return `{"BGE_PREDICT_URL": …}` for `{"bge": {"predict_url": …}}`; limits by their own names.

    Environments besides the model's own have a longer prefix: `BGE_ENVIRONMENTS_STAGING_PREDICT_URL`, and so have
    the models beside it under its name: `BGE_SPACES_NEXT_PREDICT_URL`.
    """
    return {
        f"{prefix}_{key.upper()}": value
        for prefix, outputs in _prefixed(models)
        for key, value in (*_scalars(outputs), *outputs["limits"].items())
    }


def environment_prefix(model: str, environment: str) -> str:
    """Return what the variables of a model's further environment begin with."""
    return environment_variable(f"{model}_environments_{environment}")


def space_prefix(model: str, role: str) -> str:
    """Return what the variables of a model's `next` or `previous` begin with."""
    return environment_variable(f"{model}_spaces_{role}")


def _prefixed(models: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, outputs in models.items():
        yield environment_variable(name), outputs
        for environment, inner in (outputs.get("environments") or {}).items():
            if environment != outputs.get("environment"):
                yield environment_prefix(name, environment), inner
        for role, inner in (outputs.get("spaces") or {}).items():
            if inner and role != "current":
                yield space_prefix(name, role), inner


def _scalars(outputs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, outputs[key]) for key in _FLAT_KEYS if key in outputs]
