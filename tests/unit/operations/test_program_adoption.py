"""Adopting into a program, and tuning a model of one: the code that its author writes is what the commands mean."""

import ast
from typing import Any

import pytest

from baseten_tei.operations.adoption.adoption_decision import Adopted
from baseten_tei.operations.adoption.program_adoption import divide, name_as_registered
from baseten_tei.operations.adoption.python_code import render_keywords, render_models
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_spec

ENTRY: dict[str, Any] = {
    "task": "embedding",
    "model_id": "BAAI/bge-base-en-v1.5",
    "auto_truncate": False,
    "extra_flags": ["--json-output", "--payload-limit=4000000"],
    "labels": {"team": 'se"arch'},
    "autoscaling": {
        "min_replica": 1,
        "max_replica": 7,
        "schedules": {"night": {"hours": "22:00-06:00", "timezone": "UTC", "min_replica": 0}},
    },
    "promotion": {"rolling_deploy": True, "rolling_deploy_config": {"max_surge_percent": 10}},
    "environments": {"canary": {"autoscaling": {"max_replica": 2}, "deployment": "d2"}},
    "deployment": "d1",
    "adopt": True,
    "silence": {"TEI-TASK-010": "it ran so: naïve"},
}
RERANKER = {"task": "reranker", "model_id": "a/b", "deployment": "d3", "adopt": True}


def spec(entry: dict[str, Any], **changed: Any) -> ModelArgs:
    found = parse_spec("it", {**entry, **changed})
    assert not isinstance(found, list), found
    return found


def run(code: str) -> dict[str, ModelArgs]:
    """The specs that the code registers, by name: its components are played."""
    registered: dict[str, ModelArgs] = {}
    kept = [it for it in ast.parse(code).body if not _imports_components(it)]
    played = dict.fromkeys(("Embedding", "Reranker", "Classifier"), registered.__setitem__)
    names = _imported(code)
    exec(compile(ast.Module(kept, []), "code", "exec"), {**names, **played})  # noqa: S102  # our own code is what is tested
    return registered


def _imports_components(it: ast.stmt) -> bool:
    return isinstance(it, ast.ImportFrom)


def _imported(code: str) -> dict[str, Any]:
    """What its import lines give; they have to work as they stand."""
    lines = [line for line in code.splitlines() if line.startswith("from ")]
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)  # noqa: S102  # our own code is what is tested
    return names


def test_a_model_is_called_as_the_program_registers_it_whatever_its_name_on_baseten() -> None:
    found = Adopted("my-bge", {**ENTRY, "model_name": "my bge"}, spec(ENTRY, model_name="my bge"))
    registered = {"search": spec(ENTRY, model_name="my bge"), "rank": spec(RERANKER)}
    named = name_as_registered(found, registered)
    assert (named.name, named.entry["model_name"]) == ("search", "my bge")
    assert divide([named], registered).to_import == (named,)
    assert name_as_registered(found, {"rank": spec(RERANKER)}) == found
    plain = name_as_registered(
        Adopted("bge", ENTRY, spec(ENTRY)), {"search": spec(ENTRY, model_name="bge")}
    )
    assert (plain.name, plain.args.model_name, plain.entry["model_name"]) == (
        "search",
        "bge",
        "bge",
    )


def test_the_code_registers_just_what_was_found() -> None:
    assert run(render_models({"my-bge": ENTRY, "rank": RERANKER})) == {
        "my-bge": spec(ENTRY),
        "rank": spec(RERANKER),
    }


@pytest.mark.parametrize(
    ("name", "variable"), [("my-bge", "my_bge"), ("7b", "_7b"), ("class", "class_"), ("a.b", "a_b")]
)
def test_a_model_is_kept_in_a_variable_that_python_takes(name: str, variable: str) -> None:
    assert f"{variable} = Reranker(" in render_models({name: RERANKER})
    assert list(run(render_models({name: RERANKER}))) == [name]


def test_the_line_of_the_pin_says_what_removing_it_does() -> None:
    [line] = [it for it in render_models({"rank": RERANKER}).splitlines() if "deployment=" in it]
    assert line.strip().startswith('deployment="d3",  # adopted as it runs: remove this line')


def test_tuned_settings_are_arguments_of_the_spec() -> None:
    found = render_keywords({"max_batch_tokens": 65536, "autoscaling": {"max_replica": 3}}, 4)
    assert found.splitlines() == [
        "    max_batch_tokens=65536,",
        "    autoscaling=Autoscaling(",
        "        max_replica=3,",
        "    ),",
    ]


def adopted(name: str) -> Adopted:
    return Adopted(name, RERANKER, spec(RERANKER))


def test_code_comes_before_the_import_and_another_spec_is_neither() -> None:
    """Imported first, a model that the program does not have would be deleted by the next `up`."""
    registered = {
        "there": spec(RERANKER),
        "other": spec(RERANKER, max_batch_tokens=1, labels={"a": "b"}),
    }
    found = divide([adopted("new"), adopted("there"), adopted("other")], registered)
    assert [it.name for it in found.to_write] == ["new"]
    assert [it.name for it in found.to_import] == ["there"]
    assert found.otherwise == {"other": ("labels", "max_batch_tokens")}
