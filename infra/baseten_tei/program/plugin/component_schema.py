"""The schema of the package `baseten-tei`: the spec's classes as inputs, the outputs' classes as outputs."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from baseten_tei.facts.tei import releases
from baseten_tei.outputs.types import ClassifierOutputs, EmbeddingOutputs, RerankerOutputs
from baseten_tei.program.plugin import PACKAGE
from baseten_tei.program.plugin.component_inputs import TEAM
from baseten_tei.provider.protocol.package_facts import package_facts
from baseten_tei.provider.protocol.package_schema import TARGET, provider_schema
from baseten_tei.provider.protocol.schema_types import SchemaTypes, Spec
from baseten_tei.spec import args
from baseten_tei.spec.spaces import WITHOUT, WITHOUT_TEXT
from baseten_tei.spec.type_tokens import component_type

COMPONENTS: Mapping[str, tuple[type[BaseModel], type[BaseModel]]] = {
    component_type("embedding"): (args.EmbeddingArgs, EmbeddingOutputs),
    component_type("reranker"): (args.RerankerArgs, RerankerOutputs),
    component_type("classifier"): (args.ClassifierArgs, ClassifierOutputs),
}
"""Each component's inputs and outputs, by its type."""
_ENUMS = {
    "Accelerator": args.Accelerator,
    "TeiVersion": releases.KNOWN,
    "Pooling": args.Pooling,
    "Dtype": args.Dtype,
    "WeightsSource": args.WeightsSource,
    "RequestBackpressure": args.Backpressure,
}
_TYPES = SchemaTypes(PACKAGE, _ENUMS)
_STRING = {"type": "string"}
_EASY = {
    "baseten_id": "The model's id on Baseten.",
    "deployment_id": "The version that serves; another one after each push.",
    "predict_url": "The task's own route.",
    "sync_url": "Every route of the router is below this URL.",
}


def component_schema() -> Spec:
    """Return Pulumi's package schema of the components."""
    return {
        **package_facts(PACKAGE, "component"),
        "displayName": "Text embeddings on Baseten",
        "description": "Text Embeddings Inference on Baseten: embeddings, rerankers, classifiers.",
        "config": {"variables": {"target": TARGET}},
        "provider": provider_schema(),
        "types": _TYPES.types_of([it for pair in COMPONENTS.values() for it in pair])
        | {_TYPES.token(it): _object(it) for _, it in COMPONENTS.values()}
        | {_changes_token(it): _changes(it) for it, _ in COMPONENTS.values()},
        "resources": {token: _component(*pair) for token, pair in COMPONENTS.items()},
    }


def _object(model: type[BaseModel]) -> Spec:
    return {"type": "object", **_TYPES.object_of(model)}


def _changes_token(spec: type[BaseModel]) -> str:
    return f"{_TYPES.token(spec)}Changes"


def _changes(spec: type[BaseModel]) -> Spec:
    found = _TYPES.changes_of(spec, "task", "next", "previous")
    found["properties"][WITHOUT] = {
        "type": "array", "items": _STRING, "description": WITHOUT_TEXT
    }  # fmt: skip
    said = "What differs from the model that it stands beside; all else is as it is there."
    return {"description": said, **found}


def _component(spec: type[BaseModel], outputs: type[BaseModel]) -> Spec:
    taken = _TYPES.object_of(spec, "task")  # the component's type says it
    for role in ("next", "previous"):
        beside = {"type": "object", "$ref": f"#/types/{_changes_token(spec)}"}
        taken["properties"][role] = {
            "description": taken["properties"][role]["description"], **beside
        }  # fmt: skip
    team = {**_STRING, "description": "Baseten team that owns the model, by name or id."}
    given: dict[str, Any] = {
        name: {**_STRING, "description": text} for name, text in _EASY.items()
    } | {
        "outputs": {
            "type": "object",
            "$ref": f"#/types/{_TYPES.token(outputs)}",
            "description": "All that callers need, the above included.",
        }
    }
    return {
        "isComponent": True,
        "description": taken["description"],
        "inputProperties": {**taken["properties"], TEAM: team},
        "requiredInputs": taken["required"],
        "properties": given,
        "required": list(given),
    }
