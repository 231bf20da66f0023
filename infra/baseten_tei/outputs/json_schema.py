"""The JSON Schema of a stack's outputs, generated from their types."""

import json
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel

from baseten_tei.outputs.serving import (
    ENVIRONMENTS_BY_TASK,
    SERVED_BY_TASK,
    SPACES_BY_TASK,
    AutoscalingOutputs,
    Limits,
)
from baseten_tei.outputs.spaces.space import Space
from baseten_tei.outputs.types import OUTPUTS_BY_TASK, SCHEMA_VERSION, StackOutputs
from baseten_tei.spec.docstrings import attribute_docstrings

OUTPUTS_SCHEMA_PATH = PurePosixPath("docs/outputs.schema.json")

_DOCUMENTED = (
    Limits,
    AutoscalingOutputs,
    Space,
    *ENVIRONMENTS_BY_TASK.values(),
    *SERVED_BY_TASK.values(),
    *SPACES_BY_TASK.values(),
    *OUTPUTS_BY_TASK.values(),
)


def outputs_schema() -> dict[str, Any]:
    """Return the schema of what `pulumi stack output --json` prints. Unknown keys are allowed: they may come."""
    schema = StackOutputs.model_json_schema()
    for documented in _DOCUMENTED:
        _describe(schema["$defs"][documented.__name__], documented)
    _describe(schema, StackOutputs)
    schema["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Stack outputs of baseten-tei",
    }


def outputs_schema_text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(outputs_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(definition: dict[str, Any], documented: type[BaseModel]) -> None:
    for name, text in attribute_docstrings(documented).items():
        definition["properties"][name]["description"] = text
