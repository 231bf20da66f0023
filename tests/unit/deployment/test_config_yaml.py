"""`config.yaml` as text: the same data, the same bytes, each comment above its key."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from baseten_tei.deployment.config.config_comments import comments_of
from baseten_tei.deployment.config.config_yaml import HEADER, render_config
from baseten_tei.deployment.config.truss_config import build_config, render_canonical
from baseten_tei.spec.args import ModelArgs
from tests.support.specs import AWKWARD, spec, specs, texts

ANY_SPEC = spec()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(specs())
def test_loading_the_rendered_config_gives_the_config_back(args: ModelArgs) -> None:
    config = build_config("m", args)
    assert yaml.safe_load(render_config(config, args)) == config


@settings(max_examples=40)
@given(st.dictionaries(texts, json_values, min_size=1, max_size=4))
def test_any_mapping_survives_rendering(config: dict[str, Any]) -> None:
    assert yaml.safe_load(render_config(config, ANY_SPEC)) == config


@given(st.dictionaries(texts, json_values, max_size=4))
def test_what_is_pushed_is_json_that_yaml_reads_as_the_same_data(config: dict[str, Any]) -> None:
    assert yaml.safe_load(render_canonical(config)) == config


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_text_stays_the_text_it_was(text: str) -> None:
    config = build_config("m", spec(env={"X": text}))
    loaded = yaml.safe_load(render_config(config, spec()))
    assert loaded["environment_variables"] == {"X": text}
    assert yaml.safe_load(render_canonical(config)) == config


@given(specs())
def test_rendering_twice_gives_the_same_bytes(args: ModelArgs) -> None:
    config = build_config("m", args)
    assert render_config(config, args) == render_config(dict(config), args.model_copy())


def commented_keys(text: str) -> dict[str, str]:
    """Dotted path of each key that has comment lines right above it → those lines."""
    found: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    block: list[str] = []
    for line in text.removeprefix(HEADER).splitlines():
        if line.lstrip().startswith("#"):
            block.append(line.strip().removeprefix("# "))
            continue
        key = re.match(r"^(\s*(?:- )?)([\w-]+):", line)
        if key:
            depth = len(key[1])
            path = [(d, k) for d, k in path if d < depth] + [(depth, key[2])]
            if block:
                found[".".join(k for _, k in path)] = "\n".join(block)
        assert key or not block, f"a comment stands above no key: {block}"
        block = []
    return found


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("weights", ["cached", "baked", "download"])
@pytest.mark.parametrize("task", ["embedding", "reranker", "classifier"])
def test_each_comment_stands_above_the_key_it_explains(
    task: str, weights: str, gated: bool
) -> None:
    args = spec(task, weights=weights, gated=gated, accelerator="A100")
    notes = {path: note for path, note in comments_of(args).items() if note}
    shown = commented_keys(render_config(build_config("m", args), args))
    assert shown.items() <= notes.items()
    assert {"base_image", "docker_server.start_command", "docker_server.server_port"} <= set(shown)
    assert ("secrets" in shown) is gated
    assert ("weights.auth" in shown) is (gated and weights == "cached")


def test_the_permits_comment_tells_what_happens_above_them_on_each_release() -> None:
    assert "texts above 1024 wait." in comments_of(spec())["docker_server.start_command"]
    newer = spec(tei_version="1.9.3")
    assert "texts above 1024 get 429." in comments_of(newer)["docker_server.start_command"]


def test_a_revision_that_can_move_is_pointed_out_and_a_commit_is_not() -> None:
    assert "'main' can move" in comments_of(spec())["weights.source"]
    assert comments_of(spec(revision="a" * 40))["weights.source"] == ""
