"""The provider's package schema, which other languages, YAML and Pulumi's tools read, from the typed inputs."""

from pydantic import BaseModel

from baseten_tei.provider import PACKAGE
from baseten_tei.provider.protocol.inputs import RESOURCES
from baseten_tei.provider.protocol.package_facts import package_facts
from baseten_tei.provider.protocol.schema_types import SchemaTypes, Spec

TARGET = {
    "type": "string",
    "description": "Where Baseten is: `baseten` (default), `emulator`, or the loopback address of another emulator.",
}
_TYPES = SchemaTypes(PACKAGE)


def package_schema() -> Spec:
    """Return Pulumi's package schema (its metaschema: pkg/codegen/schema/pulumi.json of the engine)."""
    return {
        **package_facts(PACKAGE, "native"),
        "displayName": "Baseten",
        "description": "Models, environments, secrets and API keys of Baseten, "
        "as Text Embeddings Inference needs them.",
        "config": {"variables": {"target": TARGET}},
        "provider": provider_schema(),
        "types": _TYPES.types_of([it for pair in RESOURCES.values() for it in pair]),
        "resources": {
            token: _resource(inputs, outputs) for token, (inputs, outputs) in RESOURCES.items()
        },
    }


def provider_schema() -> Spec:
    """Return the provider itself: where its Baseten is."""
    return {
        "description": "One Baseten. Its API key comes from the environment variable BASETEN_API_KEY alone.",
        "inputProperties": {"target": TARGET},
        "properties": {"target": TARGET},
    }


def _resource(inputs: type[BaseModel], outputs: type[BaseModel]) -> Spec:
    taken, given = _TYPES.object_of(inputs), _TYPES.object_of(outputs)
    return {
        "description": taken["description"],
        "inputProperties": taken["properties"],
        "requiredInputs": taken["required"],
        "properties": given["properties"],
        "required": given["required"],
    }
