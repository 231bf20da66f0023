"""docs/configuration.md has every key, with an example that works and the setting that the key becomes."""

import re
import shlex

import pytest
import yaml

from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.deployment.start_command import build_start_command
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.keys.config_schema import build_config_schema
from baseten_tei.spec.keys.key_tables import key_tables
from baseten_tei.spec.keys.keys_page import KEYS_PATH, model_keys, render_keys
from baseten_tei.spec.spec_parser import parse_spec
from tests.support.harness import ROOT

BY_RELEASE = {
    "served_model_name": {"tei_version": "1.9.3"},
    "auto_truncate": {"tei_version": "1.9.2"},
}
REQUIRED_BESIDE = {"autoscaling.warm": {"hours": "06:00-20:00", "min_replica": 1}}
SAID_TO_BECOME = {key: becomes for key, (_, becomes) in key_tables().examples.items()}


def parsed(key: str) -> ModelArgs | list[str]:
    """The spec of a model with the example of a key."""
    value = yaml.safe_load(key_tables().examples[key][0])
    *above, last = key.replace("<name>", "staging").split(".")
    value = {**REQUIRED_BESIDE.get(".".join(above), {}), last: value}
    for name in reversed(above):
        value = {name: value}
    least = {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"}
    return parse_spec("bge", least | BY_RELEASE.get(key, {}) | value)


def names() -> set[str]:
    parts = ((part if part != "embedding" else "", name) for part, _, name in model_keys())
    return {f"{part}.{name}" if part else name for part, name in parts}


def test_every_key_has_an_example_and_no_other_has() -> None:
    assert set(key_tables().examples) == names()
    schema = build_config_schema()["properties"]["config"]["properties"]
    assert set(key_tables().stack_examples) == set(schema)


@pytest.mark.parametrize("key", key_tables().examples)
def test_an_example_is_accepted_and_is_not_the_default(key: str) -> None:
    spec = parsed(key)
    assert isinstance(spec, ModelArgs), spec
    if key not in ("task", "model_id"):
        bare = parse_spec("bge", {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"})
        assert spec != bare


@pytest.mark.parametrize("key", [key for key, said in SAID_TO_BECOME.items() if "TEI `--" in said])
def test_a_flag_that_the_page_names_is_in_the_start_command(key: str) -> None:
    spec = parsed(key)
    assert isinstance(spec, ModelArgs)
    (flag,) = re.findall(r"TEI `(--[a-z-]+)`", SAID_TO_BECOME[key])
    assert any(word.split("=")[0] == flag for word in shlex.split(build_start_command(spec)))


@pytest.mark.parametrize(
    "key", [key for key, said in SAID_TO_BECOME.items() if said.startswith("truss `")]
)
def test_a_setting_that_the_page_names_is_in_the_config(key: str) -> None:
    spec = parsed(key)
    assert isinstance(spec, ModelArgs)
    path = re.findall(r"`([a-z_.]+)`", SAID_TO_BECOME[key])[0]
    value: object = build_config("bge", spec)
    for name in ("secrets" if key == "gated" else "base_image" if key == "weights" else path).split(
        "."
    ):
        value = value[0] if isinstance(value, list) else value
        assert isinstance(value, dict)
        value = value[name]


def test_the_page_is_rendered_below_its_marker_alone() -> None:
    page = (ROOT / KEYS_PATH).read_text(encoding="utf-8")
    assert render_keys(page) == page
    assert render_keys("# Other\n") == "# Other\n"
    for name in names():
        assert f"| `{name.rpartition('.')[2]}` |" in page
