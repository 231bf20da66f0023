"""Code, schema and docs/outputs.md say the same of a stack's outputs, and nothing breaks their readers unsaid."""

import json
import os
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.outputs.breaking_changes import contract_problems, keys, schema_version
from baseten_tei.outputs.flat import flat_outputs
from baseten_tei.outputs.json_schema import outputs_schema, outputs_schema_text
from baseten_tei.outputs.known_before_push import known_labels, known_space
from baseten_tei.outputs.parsing import parse_models, parse_outputs
from baseten_tei.rules.settings import resolve_subject
from tests.support.corpus import COMMIT, HEALTHY
from tests.support.specs import spec

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "outputs.schema.json"
OUTPUTS = json.loads((ROOT / "tests" / "golden" / "outputs.json").read_text(encoding="utf-8"))
SCHEMA = outputs_schema()
BOTH = ("", "environments.*.", "spaces.current.", "spaces.next.", "spaces.previous.")
"""A space is the model's, each environment's, and that of each model under its name."""
TASKS = {"embedding", "reranker", "classifier"}


def documented() -> dict[str, set[str]]:
    """Key → the tasks that docs/outputs.md has it for."""
    text = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.*]+)` \| (\w+) \| .+ \|$", text, re.MULTILINE)
    return {key: TASKS if tasks == "all" else {tasks} for key, tasks in rows}


def in_schema() -> dict[str, set[str]]:
    """The same, as the schema has it, without what an environment or a model beside it has like its model."""
    found: dict[str, set[str]] = {}
    for path in keys(SCHEMA):
        if told := re.fullmatch(r"models\.\*\.(\w+)\.(.+)", path):
            found.setdefault(told[2], set()).add(told[1])
    return {key: it for key, it in found.items() if not is_like_its_model(key, found)}


def is_like_its_model(key: str, found: dict[str, set[str]]) -> bool:
    inner = next((it for it in BOTH[1:] if key.startswith(it)), "")
    own = key.removeprefix(inner)
    like = [own, *([f"environments.*.{own}"] if inner.startswith("spaces.") else [])]
    return inner != "" and found[key] in map(found.get, like)


def test_every_key_of_the_schema_is_documented_and_no_other() -> None:
    assert documented() == in_schema()


def test_every_key_of_the_schema_is_described() -> None:
    holders = [SCHEMA, *SCHEMA["$defs"].values()]
    assert not [
        name
        for holder in holders
        for name, it in holder.get("properties", {}).items()
        if not it.get("description", "").endswith(".")
    ]


def test_the_outputs_of_an_up_are_as_the_schema_says() -> None:
    jsonschema.validate(OUTPUTS, SCHEMA)
    told = {f"{it['task']}.{path}" for it in OUTPUTS["models"].values() for path in leaves(it)}
    wanted = {
        path.removeprefix("models.*."): kinds
        for path, kinds in keys(SCHEMA).items()
        if path.count(".") > 2 and ".spaces." not in path  # no model there has a next
    }
    assert told <= wanted.keys()
    assert {path for path in wanted if path not in told} == {
        path for path, kinds in wanted.items() if "missing" in kinds
    }


def leaves(value: dict[str, Any], before: str = "") -> set[str]:
    found: set[str] = set()
    for key, inner in value.items():
        name = "*" if before.endswith("environments.") else key
        found.add(f"{before}{name}")
        found |= leaves(inner, f"{before}{name}.") if isinstance(inner, dict) else set()
    return found


def test_what_is_flat_follows_from_the_models() -> None:
    flat = flat_outputs(OUTPUTS["models"])
    assert flat["BGE_SYNC_URL"] == OUTPUTS["models"]["bge"]["sync_url"]
    assert flat["BGE_RERANKER_RERANK_URL"] == OUTPUTS["models"]["bge-reranker"]["rerank_url"]
    assert flat["GO_EMOTIONS_CLASSIFY_URL"] == OUTPUTS["models"]["go-emotions"]["classify_url"]
    assert flat["BGE_MAX_CLIENT_BATCH_SIZE"] == 32
    assert flat["BGE_BASETEN_ID"] == flat["BGE_MODEL_ID"] == "6k9ahjw5"
    assert "BGE_SPACE" not in flat


def test_outputs_of_an_earlier_version_are_read_by_their_old_key() -> None:
    earlier = deepcopy(OUTPUTS)
    for model in earlier["models"].values():
        del model["baseten_id"]
    assert parse_outputs(json.dumps(earlier)) == parse_outputs(json.dumps(OUTPUTS))
    assert parse_models(json.dumps(earlier["models"]))["bge"]["baseten_id"] == "6k9ahjw5"


def test_outputs_of_a_release_without_environments_are_read() -> None:
    earlier = deepcopy(OUTPUTS)
    for model in earlier["models"].values():
        del model["environments"]
    found = parse_outputs(json.dumps(earlier))
    assert {it.environment: it.environments for it in found.models.values()} == {"production": {}}


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(it) for key, it in value.items() if it is not None}
    return value


def test_what_is_null_may_be_left_out_as_a_program_in_another_language_does() -> None:
    whole = parse_outputs(json.dumps(OUTPUTS))
    assert "null" in json.dumps(OUTPUTS)
    assert parse_outputs(json.dumps(without_nulls(OUTPUTS))) == whole


@pytest.mark.parametrize("broken", ["limits", "space", "sync_url", "task"])
def test_outputs_that_miss_a_key_are_refused_by_the_schema_and_by_us(broken: str) -> None:
    outputs = deepcopy(OUTPUTS)
    del outputs["models"]["bge"][broken]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(outputs, SCHEMA)
    with pytest.raises(UserError, match="these outputs are not whole"):
        parse_outputs(json.dumps(outputs))


# --- what breaks a reader


def test_a_change_that_breaks_readers_has_another_schema_version() -> None:
    """`UPDATE_GOLDEN=1` keeps a schema that only adds, or has another version, as the one to compare with."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    broken = contract_problems(golden, SCHEMA)
    assert broken == [] or schema_version(SCHEMA) > schema_version(golden), broken
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(outputs_schema_text(), encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == outputs_schema_text()


def changed(change: Any) -> dict[str, Any]:
    schema = deepcopy(SCHEMA)
    change(schema["$defs"])
    return schema


def set_type(defs: dict[str, Any], name: str, key: str, told: dict[str, Any]) -> None:
    defs[name]["properties"][key] = told


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (
            lambda defs: defs["RerankerOutputs"]["properties"].pop("rerank_url"),
            ["models.*.reranker.rerank_url is gone"],
        ),
        (
            lambda defs: defs["EmbeddingOutputs"]["properties"].pop("space"),
            ["models.*.embedding.space is gone"],
        ),
        (
            lambda defs: defs["EmbeddingOutputs"]["required"].remove("sync_url"),
            ["models.*.embedding.sync_url was string and is missing or string"],
        ),
        (
            lambda defs: set_type(defs, "Space", "dtype", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
            [f"models.*.embedding.{it}space.dtype was string and is null or string" for it in BOTH],
        ),
        (
            lambda defs: set_type(defs, "Space", "dimensions", {"type": "string"}),
            [f"models.*.embedding.{it}space.dimensions was integer or null and is string" for it in BOTH],
        ),
        (
            lambda defs: set_type(defs, "ClassifierOutputs", "labels", {"items": {"type": "integer"}, "type": "array"}),
            ["models.*.classifier.labels was array of string or null and is array of integer"],
        ),
        (
            lambda defs: defs["EmbeddingOutputs"]["properties"].pop("environments"),
            ["models.*.embedding.environments is gone"],
        ),
        (
            lambda defs: defs["ClassifierEnvironment"]["properties"].pop("autoscaling"),
            ["models.*.classifier.environments.*.autoscaling is gone"],
        ),
        (lambda defs: set_type(defs, "Space", "more", {"type": "string"}), []),
        (lambda defs: set_type(defs, "Space", "dimensions", {"type": "integer"}), []),
    ],
    ids=[
        "gone", "gone with all below it", "missing", "null", "another type", "another item", "no environments",
        "less of one", "added", "surer",
    ],
)  # fmt: skip
def test_a_reader_is_told_what_breaks(change: Any, problems: list[str]) -> None:
    assert contract_problems(SCHEMA, changed(change)) == problems


def test_a_task_that_goes_is_told_once() -> None:
    schema = deepcopy(SCHEMA)
    models = schema["properties"]["models"]["additionalProperties"]
    del models["discriminator"]["mapping"]["reranker"]
    assert contract_problems(SCHEMA, schema) == ["models.*.reranker is gone"]


# --- reading


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "these outputs are not valid JSON"),
        ("[]", "these outputs are not whole: all of it: "),
        ('{"schema_version": 1}', "these outputs are not whole: models: field required: run `pulumi up`"),
        ('{"schema_version": 2, "models": {}}', "format version 2 of the stack's outputs is newer than 1"),
    ],
)  # fmt: skip
def test_what_are_no_outputs_of_ours_is_told_with_what_to_type(text: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_outputs(text)
    assert caught.value.problems[0].startswith(told)


@pytest.mark.parametrize("name", ["a b", "", "x\ny", "$(id)", "é", "-a", 'a"b'])
def test_a_name_that_no_model_has_is_refused(name: str) -> None:
    outputs = {**OUTPUTS, "models": {name: OUTPUTS["models"]["bge"]}}
    with pytest.raises(UserError, match="the name of a model"):
        parse_outputs(json.dumps(outputs))


# --- what is known before anything is pushed


def subject(task: str, facts: dict[str, Any] | None = None, **more: Any) -> Subject:
    """As the front door makes it: a branch becomes the commit that was locked."""
    told = ModelFacts(revision="main", **{**HEALTHY[task], **(facts or {})})
    args = spec(task, model_id=told.model_id, **more)
    return resolve_subject("m", args, {(told.model_id, "main"): told})


def test_a_locked_space_has_its_commit_and_the_repositorys_pooling() -> None:
    space = known_space(subject("embedding", {"pooling": {"modes": ("mean",)}}))
    assert (space["revision"], space["pooling"]) == (COMMIT, "mean")
    own = known_space(subject("embedding", pooling="cls"))
    assert own["pooling"] == "cls"


@pytest.mark.parametrize(
    ("asked", "prompt", "name"),
    [
        ({}, None, None),
        ({"default_prompt": "query: "}, "query: ", None),
        ({"default_prompt_name": "query"}, "search_query: ", "query"),
        ({"default_prompt_name": "unknown"}, None, "unknown"),
    ],
)
def test_a_prompts_text_is_the_specs_or_the_locks(
    asked: dict[str, Any], prompt: str | None, name: str | None
) -> None:
    space = known_space(subject("embedding", {"prompts": {"query": "search_query: "}}, **asked))
    assert (space["prompt"], space["prompt_name"]) == (prompt, name)


@pytest.mark.parametrize(
    ("more", "dtype"),
    [({}, "float16"), ({"accelerator": "CPU"}, "float32"), ({"dtype": "float32"}, "float32")],
)
def test_a_spaces_precision_is_what_tei_computes_in(more: dict[str, Any], dtype: str) -> None:
    assert known_space(subject("embedding", **more))["dtype"] == dtype


@pytest.mark.parametrize(
    ("problem_type", "multi_label"),
    [
        ("multi_label_classification", True),
        ("single_label_classification", False),
        (None, None),
    ],
)
def test_labels_come_in_the_order_of_their_ids(
    problem_type: str | None, multi_label: bool | None
) -> None:
    labels = {str(number): f"label {number}" for number in reversed(range(11))}
    facts = {"id2label": labels, "problem_type": problem_type}
    assert known_labels(subject("classifier", facts)) == {
        "labels": [f"label {number}" for number in range(11)],
        "multi_label": multi_label,
    }


def test_labels_that_nobody_can_order_are_not_told() -> None:
    facts = {"id2label": {"a": "x", "b": "y"}, "label2id": {"x": 0, "y": 1}}
    assert known_labels(subject("classifier", facts))["labels"] is None
    assert known_labels(subject("embedding")) == {} == known_space(subject("reranker"))
