"""Models added to a stack's configuration: what stood there still stands, comments and all."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.errors import UserError
from baseten_tei.operations.adoption.yaml_edit import add_key, add_models
from baseten_tei.spec.spec_parser import MODELS
from tests.support.specs import texts

NEW: dict[str, Any] = {
    "new.one": {
        "task": "embedding", "model_id": "a/b", "env": {"A": "x # y\n"}, "extra_flags": ["--json-output"],
        "autoscaling": {"max_replica": 3}, "deployment": "1e5abc",
    },
    "2nd": {"task": "reranker", "model_id": "a/c"},
}  # fmt: skip
BLOCKS = [
    "",
    "encryptionsalt: v1\n",
    "config:\n  a: b",
    "config:\n  baseten-tei:models:\n  baseten:target: emulator\n",
    "config:\n  baseten-tei:models:\nencryptionsalt: v1",
    "config:\n  baseten-tei:models:\n    a: {task: x} # why\nencryptionsalt: v1\n",
    "# top\nconfig:\n    baseten-tei:models:\n        a: # hm\n            task: x\n            # inner\n\n"
    "    # about the target\n    baseten:target: e\n# end\n",
    "config:\n  baseten-tei:models:\n    a:\n      t: |\n        x\n        y\n# end\n",
]
FLOWS = [
    "config: {}\n",
    "config: {a: b}\n",
    "config:\n  baseten-tei:models: {}\nencryptionsalt: v1\n",
    "config:\n  baseten-tei:models: null\n",
    "config:\n  baseten-tei:models: {a: {task: x}} # c\nencryptionsalt: v1\n",
]


def models(text: str) -> dict[str, Any]:
    return dict((((yaml.safe_load(text) or {}).get("config")) or {}).get(MODELS) or {})


@pytest.mark.parametrize("text", BLOCKS + FLOWS)
def test_new_models_stand_beside_the_old_and_nothing_else_changes(text: str) -> None:
    after = add_models(text, NEW)
    assert models(after) == {**models(text), **NEW}
    old, new = yaml.safe_load(text) or {}, yaml.safe_load(after)
    assert {k: v for k, v in new.items() if k != "config"} == {
        k: v for k, v in old.items() if k != "config"
    }
    old_config, new_config = old.get("config") or {}, new["config"]
    assert {**old_config, MODELS: None} == {**new_config, MODELS: None}


@pytest.mark.parametrize("text", BLOCKS)
def test_every_line_that_was_there_is_there_still_in_its_order(text: str) -> None:
    after = iter(add_models(text, NEW).splitlines())
    assert all(line in after for line in text.splitlines())


def test_a_comment_further_left_stays_with_what_follows_it() -> None:
    after = add_models(BLOCKS[6], NEW)
    assert after.index("# inner") < after.index("new.one") < after.index("# about the target")


def test_a_pin_says_what_removing_it_does() -> None:
    [line] = [line for line in add_models("", NEW).splitlines() if "deployment:" in line]
    assert line.startswith('      deployment: "1e5abc" # adopted as it runs: remove this line')


@pytest.mark.parametrize(
    "text", ["[a]", "config: [a]", "config:\n  baseten-tei:models: [a]\n", "a: ["]
)
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        add_models(text, NEW)


def test_a_key_is_added_once() -> None:
    once = add_key("config:\n  a: b\n", "baseten-tei:hf_access_key", {"from_env": "X"})
    assert once == "config:\n  a: b\n  baseten-tei:hf_access_key:\n    from_env: X\n"
    assert add_key(once, "baseten-tei:hf_access_key", {"from_env": "Y"}) == once


@given(
    st.dictionaries(texts, st.dictionaries(texts, texts | st.integers(), max_size=2), max_size=2)
)
def test_any_text_comes_back(entries: dict[str, dict[str, Any]]) -> None:
    assert models(add_models(BLOCKS[5], entries)) == {"a": {"task": "x"}, **entries}
