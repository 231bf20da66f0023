"""What serves of a stack's models, as its state holds it: a program may export it under any name, or not at all."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.operations.status.stored_resources import StoredResources
from baseten_tei.project.urns import name_of
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.type_tokens import ENVIRONMENT


def served_models(
    state: StoredResources, models: Mapping[str, ModelArgs]
) -> dict[str, Mapping[str, Any]]:
    """Return what it takes to call each model that serves in its environment, by the words of its outputs."""
    stored = {name_of(urn): state.outputs(urn) for urn in state.of_kind(ENVIRONMENT)}
    found: dict[str, Mapping[str, Any]] = {}
    for name, args in models.items():
        serving = stored.get(f"{name}-{args.environment}")
        if serving and serving.get("model_id"):
            found[name] = {
                "baseten_id": serving["model_id"],
                "environment": args.environment,
                "task": args.task,
                "config_digest": serving.get("serving_digest") or "",
            }
    return found
