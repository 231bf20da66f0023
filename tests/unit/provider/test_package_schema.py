"""The package schema: complete, true to what the resources say, and one that other languages can use."""

import json
import re
from typing import Any

import pytest

from baseten_tei import __version__
from baseten_tei.program import resources
from baseten_tei.provider.protocol.inputs import RESOURCES
from baseten_tei.provider.protocol.package_schema import package_schema
from baseten_tei.provider.protocol.secrecy import SECRET_INPUTS

SCHEMA = package_schema()
OBJECTS = [*SCHEMA["resources"].values(), *SCHEMA["types"].values(), SCHEMA["provider"]]


def properties(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {**spec.get("properties", {}), **spec.get("inputProperties", {})}


def test_every_resource_is_there_with_the_types_it_uses() -> None:
    assert list(SCHEMA["resources"]) == list(RESOURCES)
    used = {
        ref
        for spec in OBJECTS
        for it in properties(spec).values()
        for ref in re.findall(r"#/types/[\w:]+", json.dumps(it))
    }
    assert used == {f"#/types/{token}" for token in SCHEMA["types"]}


def test_every_property_is_documented_and_has_a_type() -> None:
    for spec in OBJECTS:
        assert spec["description"]
        for name, it in properties(spec).items():
            assert it["description"].endswith("."), name
            assert it["type"], name


def test_what_is_required_is_listed_and_nothing_has_a_silent_default() -> None:
    environment = SCHEMA["resources"]["baseten:index:Environment"]
    assert set(environment["requiredInputs"]) == {"model", "environment", "digest", "autoscaling"}
    assert "promotion" not in environment["requiredInputs"]
    assert not [it for spec in OBJECTS for it in properties(spec).values() if "default" in it]


@pytest.mark.parametrize("token", RESOURCES)
def test_secret_inputs_and_no_others_are_secret(token: str) -> None:
    inputs = SCHEMA["resources"][token]["inputProperties"]
    assert [name for name, it in inputs.items() if it.get("secret")] == list(
        SECRET_INPUTS.get(token, ())
    )


@pytest.mark.parametrize(
    ("token", "identity"),
    [
        ("baseten:index:Model", {"team"}),
        ("baseten:index:Environment", {"team", "environment"}),
        ("baseten:index:Secret", {"name", "team"}),
    ],
)
def test_what_a_resource_is_found_by_replaces_it(token: str, identity: set[str]) -> None:
    inputs = SCHEMA["resources"][token]["inputProperties"]
    assert {name for name, it in inputs.items() if it.get("willReplaceOnChanges")} == identity


def test_a_secrets_value_is_in_no_output() -> None:
    assert "value" not in SCHEMA["resources"]["baseten:index:Secret"]["properties"]


def test_the_version_is_the_packages_own() -> None:
    from importlib import metadata

    assert SCHEMA["version"] == __version__ == metadata.version("baseten-tei")


@pytest.mark.parametrize("token", RESOURCES)
def test_a_python_program_sees_outputs_that_the_provider_tells(token: str) -> None:
    seen = getattr(resources, token.rpartition(":")[2]).__annotations__
    assert set(seen) <= set(RESOURCES[token][1].model_fields)
