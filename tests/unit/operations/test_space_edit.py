"""`space advance` and `space back`: each model keeps its spec, to the key, and the file keeps its comments."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.errors import UserError
from baseten_tei.operations.spaces.advance import advance, find_pin, go_back, without_null
from baseten_tei.operations.spaces.spec_edit import rewrite_spec
from baseten_tei.spec.spaces import expand, list_roles, resource_name, stack_name
from baseten_tei.spec.spec_parser import MODELS, parse_specs

BASE: dict[str, Any] = {
    "task": "embedding",
    "model_id": "BAAI/bge-small-en-v1.5",
    "revision": "a" * 40,
    "accelerator": "L4",
    "autoscaling": {"min_replica": 1, "max_replica": 4},
}
NEXT: dict[str, Any] = {**BASE, "next": {"model_id": "BAAI/bge-m3", "accelerator": "A10G"}}
FILE = """\
# the team's search
config:
  baseten:target: emulator
  baseten-tei:models:
    search:
      task: embedding
      # small and cheap
      model_id: BAAI/bge-small-en-v1.5
      revision: {revision} # of March
      accelerator: L4
      autoscaling:
        min_replica: 1 # never asleep
        max_replica: 4
      next: # since November
        model_id: BAAI/bge-m3
        accelerator: A10G
    # the second one
    rank:
      task: reranker
      model_id: BAAI/bge-reranker-base
encryptionsalt: v1
"""

values = st.one_of(
    st.none(),
    st.sampled_from(["a", "b"]),
    st.fixed_dictionaries({"max_replica": st.integers(1, 2)}),
)
keys = st.sampled_from(["revision", "accelerator", "autoscaling", "default_prompt", "gated", "cpu"])
parts = st.dictionaries(keys, values.filter(lambda it: it is not None), max_size=4)
followers = st.fixed_dictionaries(
    {},
    optional={
        "model_id": st.sampled_from(["a/b", "a/c"]),
        **dict.fromkeys(
            ("revision", "accelerator", "autoscaling", "default_prompt", "cpu"), values
        ),
    },
)


def whole(spec: dict[str, Any]) -> dict[str, Any]:
    """Each model by its resource's name, without what is now beside it."""
    return {
        it.resource: {k: v for k, v in it.spec.items() if k not in ("next", "previous")}
        for it in expand("search", spec).values()
    }


@given(parts, followers)
def test_every_model_keeps_its_whole_spec_and_its_name_through_advance_and_back(
    own: dict[str, Any], following: dict[str, Any]
) -> None:
    spec = {"task": "embedding", "model_id": "a/b", **own, "next": following}
    forward = advance("search", spec)
    assert whole(forward) == whole(spec)
    assert whole(without_null(forward)) == whole(spec)
    assert None not in without_null(forward)["previous"].values()
    assert expand("search", forward)["current"].resource == "search-2"
    back = go_back("search", forward)
    assert whole(back) == whole(spec)
    assert [*expand("search", back)] == ["current", "next"]
    assert advance("search", back) == forward


def test_a_second_advance_retires_the_oldest() -> None:
    again = advance("search", {**advance("search", NEXT), "next": {"model_id": "a/third"}})
    found = expand("search", again)
    assert {role: it.resource for role, it in found.items()} == {
        "current": "search-3",
        "previous": "search-2",
    }


def test_another_repository_inherits_hardware_and_not_what_is_said_of_a_repository() -> None:
    found = expand("search", {**NEXT, "default_prompt": "query: ", "model_name": "Search"})["next"]
    assert found.spec == {
        "task": "embedding",
        "model_id": "BAAI/bge-m3",
        "accelerator": "A10G",
        "autoscaling": BASE["autoscaling"],
        "edition": 2,
    }


def test_a_pin_of_an_environment_is_not_inherited() -> None:
    pinned = {"staging": {"deployment": "previous", "region": "eu"}}
    found = expand("search", {**NEXT, "environments": pinned})
    assert found["current"].spec["environments"] == pinned
    assert found["next"].spec["environments"] == {"staging": {"region": "eu"}}
    own = {**NEXT, "next": {**NEXT["next"], "environments": pinned}}
    assert expand("search", own)["next"].spec["environments"] == pinned


def test_a_key_is_left_out_by_null_and_by_name() -> None:
    by_null = expand("search", {**NEXT, "cpu": "4", "next": {"cpu": None}})["next"]
    by_name = expand("search", {**NEXT, "cpu": "4", "next": {"without": ["cpu"]}})["next"]
    assert "cpu" not in by_name.spec
    assert by_null == by_name


def test_the_new_previous_may_be_put_to_sleep_with_the_advance() -> None:
    warm = {**NEXT, "autoscaling": {"max_replica": 4, "min_replica": 1, "warm": {"hours": "8-18"}}}
    previous = expand("search", advance("search", warm, sleep=True))["previous"]
    assert previous.spec["autoscaling"] == {"max_replica": 4, "min_replica": 0}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (BASE, "has no next"),
        ({**BASE, "previous": {"edition": 2}}, "has no next"),
    ],
)
def test_without_a_next_nothing_can_advance(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        advance("search", spec)


def test_there_is_no_way_back_without_a_previous_nor_over_a_next() -> None:
    with pytest.raises(UserError, match="no way back"):
        go_back("search", NEXT)
    with pytest.raises(UserError, match="search-3"):
        go_back("search", {**advance("search", NEXT), "next": {"model_id": "a/third"}})


def test_a_pin_is_found_wherever_it_is() -> None:
    assert find_pin("search", NEXT) is None
    assert find_pin("search", {**NEXT, "environments": {"s": {"deployment": "x"}}}) == "current"
    assert find_pin("search", {**NEXT, "next": {"deployment": "previous"}}) == "next"


@pytest.mark.parametrize(
    "file", [FILE.format(revision="a" * 40), yaml.safe_dump({"config": {MODELS: {"search": NEXT}}})]
)
def test_the_file_is_rewritten_to_the_same_and_back(file: str) -> None:
    spec = yaml.safe_load(file)["config"][MODELS]["search"]
    forward = advance("search", spec)
    text = rewrite_spec(file, "search", spec, forward)
    assert yaml.safe_load(text)["config"][MODELS]["search"] == forward
    back = go_back("search", forward)
    again = rewrite_spec(text, "search", forward, back)
    assert yaml.safe_load(again)["config"][MODELS]["search"] == back


def test_comments_of_what_stays_and_of_other_models_stay() -> None:
    file = FILE.format(revision="a" * 40)
    text = rewrite_spec(file, "search", NEXT, advance("search", NEXT))
    for line in ("# the team's search", "# small and cheap", "# never asleep", "# the second one"):
        assert line in text
    assert "since November" not in text
    assert yaml.safe_load(text)["config"][MODELS]["rank"]["task"] == "reranker"


def test_a_spec_in_braces_is_rewritten_in_braces() -> None:
    file = "config:\n  baseten-tei:models:\n    search: {task: embedding, next: {model_id: a/c}, model_id: a/b} # c\n"
    spec = yaml.safe_load(file)["config"][MODELS]["search"]
    forward = advance("search", spec)
    text = rewrite_spec(file, "search", spec, forward)
    assert yaml.safe_load(text)["config"][MODELS]["search"] == forward
    assert text.endswith("# c\n")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"task": "reranker"}, "next.task must be the task of the model itself"),
        ({"edition": 1}, "next.edition is 1, which another model of this name has"),
        ({"edition": "2"}, "next.edition must be a number"),
        ({"next": {}}, "next.next: next has no next of its own"),
        ({"without": "accelerator"}, "next.without must list keys"),
        ({"without": [3]}, "next.without must list keys"),
        ({"without": ["cpu"]}, "next.without has cpu, which the model itself has not"),
        (
            {"without": ["accelerator"], "accelerator": "L4"},
            "next.without has accelerator, which is written beside",
        ),
        ({"without": ["task"]}, "next.without has task, which every model needs"),
        ({"acelerator": "L4"}, "model 'search.next': unknown key 'acelerator'"),
        ({"model_id": None}, "model 'search.next': model_id is missing"),
    ],
)
def test_a_next_that_cannot_be_one_is_refused_in_one_line(part: dict[str, Any], said: str) -> None:
    _, problems = parse_specs({"search": {**BASE, "next": part}})
    assert len(problems) == 1
    assert said in problems[0]


def test_roles_are_known_from_the_specs_by_resource() -> None:
    said_again = {
        **NEXT,
        "next": {**NEXT["next"], "task": "embedding"},
    }  # as whoever copies a spec writes it
    specs, problems = parse_specs({"search": said_again, "rank": {**BASE, "task": "reranker"}})
    assert problems == []
    assert list_roles(specs) == {
        "search": {"current": "search", "next": "search-2"},
        "rank": {"current": "rank"},
    }
    forward, _ = parse_specs({"search": advance("search", said_again)})
    assert list_roles(forward) == {"search": {"current": "search-2", "previous": "search"}}


def test_a_previous_says_which_model_it_is() -> None:
    _, problems = parse_specs({"search": {**BASE, "edition": 2, "previous": {}}})
    assert len(problems) == 1
    assert "previous.edition is missing" in problems[0]


def test_a_name_that_another_model_has_is_refused() -> None:
    _, problems = parse_specs({"search": NEXT, "search-2": BASE})
    assert len(problems) == 1
    assert "is called 'search-2', as another model of the stack is" in problems[0]


@given(st.sampled_from(["a", "a-2", "x.y"]), st.one_of(st.none(), st.integers(1, 30)))
def test_the_name_in_the_stack_follows_from_the_resource_and_the_edition(
    name: str, edition: int | None
) -> None:
    assert stack_name(resource_name(name, edition), edition) == name
