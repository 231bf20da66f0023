"""The JSON Schema of a stack's outputs, generated from their types."""

import json
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel

from baseten_tei.outputs.flat import FLAT_KEYS
from baseten_tei.outputs.spaces.space import Space
from baseten_tei.outputs.types import (
    SCHEMA_VERSION,
    ClassifierOutputs,
    EmbeddingOutputs,
    Limits,
    RerankerOutputs,
    StackOutputs,
)
from baseten_tei.spec.docstrings import attribute_docstrings

OUTPUTS_SCHEMA_PATH = PurePosixPath("docs/outputs.schema.json")

_DOCUMENTED = (Limits, Space, EmbeddingOutputs, RerankerOutputs, ClassifierOutputs)


def outputs_schema() -> dict[str, Any]:
    """Schema of what `pulumi stack output --json` prints. Keys that it does not know are allowed: they may come."""
    schema = StackOutputs.model_json_schema()
    for documented in _DOCUMENTED:
        _describe(schema["$defs"][documented.__name__], documented)
    _describe(schema, StackOutputs)
    schema["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    schema["properties"]["env"]["patternProperties"] = _flat(
        schema["$defs"]["Limits"]["properties"]
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Stack outputs of baseten-tei",
    }


def outputs_schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(outputs_schema(), indent=2, ensure_ascii=False) + "\n"


def _flat(limits: dict[str, Any]) -> dict[str, Any]:
    """The flat outputs' names, by how they end: `BGE_SYNC_URL`."""
    keys = {**{key: {"type": "string"} for key in FLAT_KEYS}, **limits}
    return {
        f"_{key.upper()}$": {k: v for k, v in it.items() if k != "title"}
        for key, it in keys.items()
    }


def _describe(definition: dict[str, Any], documented: type[BaseModel]) -> None:
    for name, text in attribute_docstrings(documented).items():
        definition["properties"][name]["description"] = text
