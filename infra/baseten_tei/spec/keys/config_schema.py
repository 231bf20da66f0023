"""The JSON Schema of a stack's configuration, generated from the types, for editors to complete it."""

import json
from pathlib import PurePosixPath
from typing import Any

from pydantic import TypeAdapter

from baseten_tei.spec.args import (
    Autoscaling,
    ClassifierArgs,
    EmbeddingArgs,
    EnvironmentArgs,
    Promotion,
    RerankerArgs,
    RollingDeploy,
    TeiArgs,
)
from baseten_tei.spec.docstrings import attribute_docstrings
from baseten_tei.spec.hf_token import TOKEN_KEY
from baseten_tei.spec.schedules import Schedule, Warm
from baseten_tei.spec.spaces import WITHOUT, WITHOUT_TEXT
from baseten_tei.spec.spec_parser import NAMESPACE

SCHEMA_PATH = PurePosixPath("docs/stack-config.schema.json")

_STRING = {"type": "string"}
_NULL = {"type": "null"}
_DOCUMENTED = (
    EmbeddingArgs, RerankerArgs, ClassifierArgs, Autoscaling, Warm, Schedule, Promotion, RollingDeploy,
    EnvironmentArgs,
)  # fmt: skip


def build_config_schema() -> dict[str, Any]:
    """Return the schema of a `Pulumi.<stack>.yaml`; other namespaces' keys pass."""
    model = TypeAdapter(EmbeddingArgs | RerankerArgs | ClassifierArgs).json_schema()
    definitions = model.pop("$defs")
    for args in (EmbeddingArgs, RerankerArgs, ClassifierArgs):
        # The default exists for Python, where the class says the task; in YAML the task says the class.
        definitions[args.__name__]["required"] = ["task", "model_id"]
        definitions |= {f"{_task(args)}Changes": _changes(args)}
    for documented in _DOCUMENTED:
        for name, text in attribute_docstrings(documented).items():
            definitions[documented.__name__]["properties"][name]["description"] = text
    for args in (EmbeddingArgs, RerankerArgs, ClassifierArgs):
        properties = definitions[args.__name__]["properties"]
        for role, required in (("next", []), ("previous", ["edition"])):
            properties[role] |= {"anyOf": [_ref(f"{_task(args)}Changes", required), _NULL]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack configuration of baseten-tei",
        "type": "object",
        "properties": {"config": {"type": "object", "properties": _properties(model)}},
        "$defs": definitions,
    }


def _task(args: type[TeiArgs]) -> str:
    return args.__name__.removesuffix("Args")


def _ref(definition: str, required: list[str]) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{definition}", **({"required": required} if required else {})}


def _changes(args: type[TeiArgs]) -> dict[str, Any]:
    """Return what `next` and `previous` hold: any key of the model that it stands beside, or null for none."""
    texts = attribute_docstrings(args)
    names = [it for it in args.model_fields if it not in ("task", "next", "previous")]
    return {
        "additionalProperties": False,
        "description": "What differs from the model that it stands beside; null: as if it were left out there.",
        "properties": {
            "task": {"$ref": f"#/$defs/{args.__name__}/properties/task"},
            **{
                name: {
                    "anyOf": [{"$ref": f"#/$defs/{args.__name__}/properties/{name}"}, _NULL],
                    "description": texts[name],
                }
                for name in names
            },
            WITHOUT: {
                "type": "array",
                "items": {"enum": names},
                "description": WITHOUT_TEXT,
            },
        },
        "type": "object",
    }


def render_config_schema() -> str:
    """Return the schema as it is committed."""
    return json.dumps(build_config_schema(), indent=2, ensure_ascii=False) + "\n"


def _properties(model: dict[str, Any]) -> dict[str, Any]:
    target = "Where Baseten is: baseten, emulator, or the loopback address of another emulator."
    token = [
        {"type": "object", "properties": {key: _STRING}, "required": [key]}
        for key in ("from_env", "secure")
    ]
    return {
        "baseten:target": {
            "description": target,
            "type": "string",
            "pattern": r"^(baseten|emulator|http://(127\.0\.0\.1|localhost):\d{1,5})$",
            "default": "baseten",
        },
        f"{NAMESPACE}:models": {
            "description": "Models by name.",
            "type": "object",
            "additionalProperties": model,
        },
        f"{NAMESPACE}:team": {
            "description": "Baseten team that owns the models, by name or id.",
            **_STRING,
        },
        f"{NAMESPACE}:state_id": {
            "description": "Id of a state that was lost, for the one that replaces it.",
            **_STRING,
        },
        TOKEN_KEY: {
            "description": "Variable that holds the Hugging Face token; or the token, encrypted.",
            "oneOf": token,
        },
    }
