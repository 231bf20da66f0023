"""What editors and SDKs know of `next` and `previous`: the keys of a model, each of them optional."""

from typing import Any, cast

import jsonschema
import pytest

from baseten_tei.operations.spaces.advance import advance
from baseten_tei.program.plugin.component_inputs import read_component
from baseten_tei.program.plugin.component_schema import component_schema
from baseten_tei.spec.args import ARGS_BY_TASK, ModelArgs
from baseten_tei.spec.keys.config_schema import build_config_schema
from baseten_tei.spec.spec_parser import parse_specs

SCHEMA = jsonschema.Draft202012Validator(build_config_schema())
MODEL = {"task": "embedding", "model_id": "BAAI/bge-small-en-v1.5", "accelerators": ["L4", "A10G"]}
NEXT = {"model_id": "BAAI/bge-m3", "accelerators": None, "autoscaling": {"max_replica": 8}}


def is_taken(spec: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the editor's schema takes a model, and whether the program does."""
    document = {"config": {"baseten-tei:models": {"search": spec}}}
    _, problems = parse_specs({"search": spec})
    return SCHEMA.is_valid(document), not problems


@pytest.mark.parametrize("beside", [
    {"next": NEXT},
    {"next": {"task": "embedding", "model_name": "the next one", "edition": 7, "adopt": True, "new_space": True}},
    {"next": {"pooling": "cls", "prompts": {"query": "q: "}}},
    {"next": {"without": ["accelerators"]}},
    {"next": None},
    {"previous": {"edition": 3}},
    {"edition": 3, **{key: it for key, it in advance("search", {**MODEL, "next": NEXT}).items() if key == "previous"}},
])  # fmt: skip
def test_an_editor_takes_what_the_program_takes(beside: dict[str, Any]) -> None:
    assert is_taken({**MODEL, **beside}) == (True, True)


@pytest.mark.parametrize("beside", [
    {"next": {"modelid": "BAAI/bge-m3"}},
    {"next": {"next": {"model_id": "BAAI/bge-m3"}}},
    {"next": {"task": "reranker"}},
    {"next": {"without": ["acelerators"]}},
    {"next": {"accelerator": "L5"}},
    {"next": {"autoscaling": {"max_replica": 0}}},
    {"next": "BAAI/bge-m3"},
    {"previous": {"model_id": "BAAI/bge-m3"}},
    {"previous": {"edition": 0}},
])  # fmt: skip
def test_an_editor_refuses_what_the_program_refuses(beside: dict[str, Any]) -> None:
    assert is_taken({**MODEL, **beside}) == (False, False)


def test_null_in_a_next_from_another_language_says_what_is_left_out() -> None:
    spec = {
        "model_id": "a/b",
        "cpu": "4",
        "memory": None,
        "next": {"cpu": None, "env": {"A": None}},
    }
    args, _ = cast("tuple[ModelArgs, None]", read_component("embedding", "search", spec))
    assert args.memory is None
    assert args.next == {"cpu": None, "env": {}}


@pytest.mark.parametrize("task", ARGS_BY_TASK)
def test_an_sdk_has_the_keys_of_the_model_without_those_that_cannot_be_there(task: str) -> None:
    schema = component_schema()
    component = schema["resources"][f"baseten-tei:index:{task.capitalize()}"]["inputProperties"]
    token = f"baseten-tei:index:{task.capitalize()}Changes"
    assert component["next"]["$ref"] == component["previous"]["$ref"] == f"#/types/{token}"
    changes = schema["types"][token]
    args: type[ModelArgs] = ARGS_BY_TASK[task]
    known = args.model_fields.keys() - {"task", "next", "previous"}
    assert changes["properties"].keys() == known | {"without"}
    assert "required" not in changes
    assert component["max_batch_tokens"]["description"].endswith("Default: `16384`.")
    assert not changes["properties"]["max_batch_tokens"]["description"].endswith("Default: `16384`.")  # fmt: skip
