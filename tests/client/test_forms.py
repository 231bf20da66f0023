"""Outputs are taken in the forms in which programs have them."""

import json
import sys
from dataclasses import dataclass, field, replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.automation import OutputValue

from baseten_tei_client import OutputsError, Space, SpaceMismatchError, connect
from tests.support.harness import ROOT

GOLDEN = ROOT / "tests" / "golden"
TOLD: dict[str, Any] = json.loads((GOLDEN / "outputs.json").read_text("utf-8"))
KEY = "key-that-nobody-may-see"


@pytest.fixture
def module(tmp_path: Path) -> Any:
    """The module that `baseten-tei outputs --format python` writes."""
    path = tmp_path / "search_models.py"
    path.write_text((GOLDEN / "models.py.txt").read_text("utf-8"))
    spec = spec_from_file_location("search_models_of_a_test", path)
    assert spec
    assert spec.loader
    made = module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


def floats(value: Any) -> Any:
    """What a StackReference makes of outputs: every number is a float."""
    if isinstance(value, dict):
        return {key: floats(it) for key, it in value.items()}
    if isinstance(value, list):
        return [floats(it) for it in value]
    return float(value) if type(value) is int else value


def same(outputs: Any, name: str = "bge", **options: Any) -> None:
    """What is read is what is read from the JSON, but for the version, which a typed module leaves out."""
    expected = connect(name, outputs=TOLD, api_key=KEY, **options)._model._outputs
    found = connect(name, outputs=outputs, api_key=KEY, **options)._model._outputs
    assert replace(found, version=None) == replace(expected, version=None)


@pytest.mark.parametrize("name", list(TOLD["models"]))
def test_a_typed_module_its_models_and_one_of_them(module: Any, name: str) -> None:
    same(module, name)
    same(module.models, name)
    same(getattr(module.models, name.replace("-", "_")), name)


def test_an_environment_and_a_space_of_a_typed_module(module: Any) -> None:
    same(module, environment="staging")
    connect("bge", outputs=module, api_key=KEY, expect_space=module.BGE_SPACE)
    other = {**module.BGE_SPACE, "model_id": "another/model", "fingerprint": None}
    with pytest.raises(SpaceMismatchError):
        connect("bge", outputs=module, api_key=KEY, expect_space=other)


def test_the_numbers_of_a_stack_reference_are_whole() -> None:
    same(floats(TOLD))
    same(floats(TOLD["models"]))
    found = connect("bge", outputs=floats(TOLD), api_key=KEY)
    assert isinstance(found.space, Space)
    assert type(found.space.dimensions) is int


def test_details_of_a_stack_reference_and_outputs_of_the_automation_api() -> None:
    same(pulumi.StackReferenceOutputDetails(value=floats(TOLD["models"])))
    same(pulumi.StackReferenceOutputDetails(secret_value=floats(TOLD["models"])))
    same({key: OutputValue(value=it, secret=False) for key, it in TOLD.items()})


def test_an_output_that_is_not_resolved_is_refused_with_what_to_write() -> None:
    @dataclass
    class Unresolved:
        calls: list[Any] = field(default_factory=list)

    class Output:
        def apply(self, function: Any) -> Any:
            raise AssertionError(function)

        def __getattr__(self, name: str) -> Any:  # as an Output lifts every attribute
            if name.startswith("__"):
                raise AttributeError(name)
            return Output()

    with pytest.raises(OutputsError, match=r"not resolved yet: write `outputs\.apply"):
        connect("bge", outputs=Output(), api_key=KEY)  # type: ignore[arg-type]
    with pytest.raises(OutputsError):
        connect("bge", outputs=Unresolved(), api_key=KEY)


@pytest.mark.parametrize("form", ["json", "quoted", "path"])
def test_one_variable_holds_all_outputs(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = json.dumps(TOLD)
    (tmp_path / "outputs.json").write_text(whole)
    values = {"json": whole, "quoted": f"'{whole}'", "path": str(tmp_path / "outputs.json")}
    monkeypatch.setenv("BASETEN_TEI_OUTPUTS", values[form])
    monkeypatch.setenv("ELSE_SYNC_URL", "https://x")
    same("env")
    assert connect("bge", api_key=KEY).space is not None
    with pytest.raises(OutputsError, match="no model 'else'"):
        connect("else", api_key=KEY)


@pytest.mark.parametrize("value", ["{", "no/such/file.json", "[]"])
def test_a_variable_that_holds_something_else_is_refused_by_its_name(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASETEN_TEI_OUTPUTS", value)
    with pytest.raises(OutputsError, match="BASETEN_TEI_OUTPUTS"):
        connect("bge", api_key=KEY)
