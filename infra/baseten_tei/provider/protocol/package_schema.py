"""The provider's package schema, which other languages, YAML and Pulumi's tools read, from the typed inputs."""

import json
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from baseten_tei import __version__
from baseten_tei.provider import PACKAGE
from baseten_tei.provider.protocol.inputs import RESOURCES
from baseten_tei.provider.protocol.typed_fields import bare, choices, extras
from baseten_tei.spec.docstrings import attribute_docstrings

Spec = dict[str, Any]

_SCALARS: dict[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}
_TARGET = {
    "type": "string",
    "description": "Where Baseten is: `baseten` (default), `emulator`, or the loopback address of another emulator.",
}


def schema_text() -> str:
    """Return the schema as the provider serves it."""
    return json.dumps(package_schema(), ensure_ascii=False)


def package_schema() -> Spec:
    """Return Pulumi's package schema (its metaschema: pkg/codegen/schema/pulumi.json of the engine)."""
    return {
        "name": PACKAGE,
        "displayName": "Baseten",
        "version": __version__,
        "description": "Models, environments and secrets of Baseten, as Text Embeddings Inference needs them.",
        "keywords": ["pulumi", "baseten", "kind/native", "category/infrastructure"],
        "license": "MIT",
        "config": {"variables": {"target": _TARGET}},
        "provider": {
            "description": "One Baseten. Its API key comes from the environment variable BASETEN_API_KEY alone.",
            "inputProperties": {"target": _TARGET},
            "properties": {"target": _TARGET},
        },
        "types": _types(),
        "resources": {
            token: _resource(inputs, outputs) for token, (inputs, outputs) in RESOURCES.items()
        },
        "language": {
            name: {"respectSchemaVersion": True} for name in ("nodejs", "python", "go", "csharp")
        },
    }


def _resource(inputs: type[BaseModel], outputs: type[BaseModel]) -> Spec:
    taken, given = _object(inputs), _object(outputs)
    return {
        "description": taken["description"],
        "inputProperties": taken["properties"],
        "requiredInputs": taken["required"],
        "properties": given["properties"],
        "required": given["required"],
    }


def _types() -> Spec:
    """Every class that some field holds, by its token."""
    found: Spec = {}
    waiting = [model for pair in RESOURCES.values() for model in pair]
    while waiting:
        for field in waiting.pop().model_fields.values():
            inner = bare(field.annotation)
            if _is_model(inner) and _token(inner) not in found:
                found[_token(inner)] = {"type": "object", **_object(inner)}
                waiting.append(inner)
    return found


def _object(model: type[BaseModel]) -> Spec:
    texts = attribute_docstrings(model)
    fields = model.model_fields
    return {
        "description": " ".join((model.__doc__ or "").split()),
        "properties": {name: _property(it, texts[name]) for name, it in fields.items()},
        "required": [name for name, field in fields.items() if field.is_required()],
    }


def _property(field: FieldInfo, text: str) -> Spec:
    words = ", ".join(f"`{word}`" for word in choices(field.annotation))
    return {
        "description": f"{text} One of {words}." if words else text,
        **_type(field.annotation),
        **extras(field),
    }


def _type(annotation: Any) -> Spec:
    kind = bare(annotation)
    if _is_model(kind):
        return {"type": "object", "$ref": f"#/types/{_token(kind)}"}
    if choices(kind):
        return {"type": "string"}
    if get_origin(kind) is list:
        return {"type": "array", "items": _type(get_args(kind)[0])}
    if get_origin(kind) is dict:
        return {"type": "object", "additionalProperties": _type(get_args(kind)[1])}
    return {"type": _SCALARS[kind]}


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _token(model: type[BaseModel]) -> str:
    return f"{PACKAGE}:index:{model.__name__}"
