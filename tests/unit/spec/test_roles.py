"""By which names the models that follow each other are known."""

import pytest

from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spaces import find_resource, find_role
from baseten_tei.spec.spec_parser import parse_specs


@pytest.fixture
def models() -> dict[str, ModelArgs]:
    spec = {"task": "embedding", "model_id": "BAAI/bge-small-en-v1.5"}
    found, problems = parse_specs({
        "search": {**spec, "next": {"model_id": "BAAI/bge-base-en-v1.5"}}, "other": spec,
    })  # fmt: skip
    assert not problems
    return found


@pytest.mark.parametrize(
    ("given", "name", "role"),
    [
        ("search", "search", "current"), ("search.next", "search", "next"), ("search-2", "search", "next"),
        ("other", "other", "current"), ("other.current", "other", "current"),
    ],
)  # fmt: skip
def test_a_model_is_named_by_its_role_or_its_resource(
    models: dict[str, ModelArgs], given: str, name: str, role: str
) -> None:
    resource = find_resource(models, given)
    assert resource
    assert find_role(models, resource) == (name, role)
