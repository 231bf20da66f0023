"""The tables of docs/configuration.md: every key of a stack's configuration, from the types themselves."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from baseten_tei.spec.args import (
    ARGS_BY_TASK,
    Autoscaling,
    EmbeddingArgs,
    EnvironmentArgs,
    Promotion,
    RollingDeploy,
    TeiArgs,
)
from baseten_tei.spec.docstrings import attribute_docstrings
from baseten_tei.spec.keys.config_schema import build_config_schema
from baseten_tei.spec.keys.key_tables import key_tables
from baseten_tei.spec.schedules import Schedule, Warm

KEYS_PATH = "docs/configuration.md"

_BEGIN = "<!-- keys: scripts/docs.py writes the rest of this page -->\n"

_TASK = "What the model does; it decides which route is called."

_PARTS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "": ("Keys of a model", TeiArgs),
    "embedding": ("Only for `task: embedding`", EmbeddingArgs),
    "autoscaling": ("`autoscaling`", Autoscaling),
    "autoscaling.warm": ("`autoscaling.warm`", Warm),
    "autoscaling.schedules.<name>": ("`autoscaling.schedules.<name>`", Schedule),
    "promotion": ("`promotion`", Promotion),
    "promotion.rolling_deploy_config": ("`promotion.rolling_deploy_config`", RollingDeploy),
    "environments.<name>": ("`environments.<name>`", EnvironmentArgs),
}


def render_keys(page: str) -> str:
    """Return the page with its tables brought up to date: the stack's keys, then a table for each mapping."""
    head, begin, _ = page.partition(_BEGIN)
    return "\n".join([head + begin, *_stack_part(), *_model_parts()]) + "\n" if begin else page


def model_keys() -> Iterator[tuple[str, type[BaseModel], str]]:
    """Yield each key of a model as its part, the class that has it, and its name there."""
    yield "", TeiArgs, "task"
    for part, (_, model) in _PARTS.items():
        for name in model.model_fields:
            if name != "task" and (model is not EmbeddingArgs or name not in TeiArgs.model_fields):
                yield part, model, name


def _stack_part() -> Iterator[str]:
    yield "## Keys of a stack\n\nIn `Pulumi.<stack>.yaml`, below `config:`.\n"
    yield "| key | default | example | meaning |\n|---|---|---|---|"
    for key, schema in build_config_schema()["properties"]["config"]["properties"].items():
        default, example = _code(schema.get("default")), f"`{key_tables().stack_examples[key]}`"
        yield _row((f"`{key}`", default, example, schema["description"]))


def _model_parts() -> Iterator[str]:
    part = None
    definitions = build_config_schema()["$defs"]
    for key_part, model, name in model_keys():
        if key_part != part:
            part = key_part
            yield f"\n## {_PARTS[part][0]}\n"
            yield "| key | type | default | example | becomes | meaning |\n|---|---|---|---|---|---|"
        yield _row(_cells(part, model, name, definitions))


def _cells(
    part: str, model: type[BaseModel], name: str, definitions: dict[str, Any]
) -> tuple[str, ...]:
    example, becomes = key_tables().examples[
        f"{part}.{name}" if part not in ("", "embedding") else name
    ]
    if name == "task":  # in YAML it chooses the class, which has it as a constant
        return "`task`", _type({"enum": ARGS_BY_TASK}), "required", f"`{example}`", becomes, _TASK
    owner = "EmbeddingArgs" if model is TeiArgs else model.__name__
    field = model.model_fields[name]
    kind = _type(definitions[owner]["properties"][name])
    default = "required" if field.is_required() else _code(field.default)
    return f"`{name}`", kind, default, f"`{example}`", becomes, attribute_docstrings(model)[name]


def _type(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"anyOf": [kind, *_]}:
            return _type(kind)
        case {"enum": choices}:
            return "one of " + ", ".join(_code(choice) for choice in choices)
        case {"type": "integer", "minimum": least}:
            most = schema.get("maximum")
            return (
                f"integer, {least:,} or more" if most is None else f"integer, {least:,} to {most:,}"
            )
        case {"type": "array"}:
            return "list of strings"
        case {"type": "object", "additionalProperties": {"type": "string"}}:
            return "mapping of strings"
        case {"$ref": reference} if str(reference).endswith("Changes"):
            return "mapping of a model's keys"
        case {"type": kind} if kind != "object":
            return str(kind)
    return "mapping, see below"


def _code(value: object) -> str:
    match value:
        case None | () | BaseModel() | dict():
            return ""
        case bool():
            return f"`{str(value).lower()}`"
    return f"`{value}`"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
