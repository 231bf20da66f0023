"""An API key: made once, told as a secret output, rotated with the one before kept, and never left over."""

import re
from dataclasses import replace
from typing import Any

import pytest

from baseten_tei.baseten.remote_keys import RemoteKey, find_lost
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.input_checks import input_failures
from baseten_tei.provider.protocol.resource import UNKNOWN, Live
from baseten_tei.provider.resources.keys.api_key import ApiKeyResource
from baseten_tei.provider.resources.keys.rotation import name_on_baseten
from baseten_tei.spec.type_tokens import API_KEY
from tests.support.fakes import Clock, FakeApi

INPUTS: dict[str, Any] = {
    "name": "search", "models": ["bge"], "project": "proj", "stack": "dev", "rotate_when": "1",
}  # fmt: skip
DAY = 24 * 3600.0


class World:
    """A Baseten with one key of a stack, made at second 0."""

    def __init__(self, **inputs: Any) -> None:
        self.api, self.clock, self.warnings = FakeApi(), Clock(), list[str]()
        self.resource = ApiKeyResource(
            self.api,  # type: ignore[arg-type]  # a duck
            self.warnings.append,
            clock=self.clock,
        )
        self.inputs = {**INPUTS, **inputs}
        self.id, self.state = self.resource.create(self.inputs)

    def up(self, **changes: Any) -> tuple[str, ...]:
        """What the next `up` sees as changed, once it is done."""
        self.inputs = {**self.inputs, **changes}
        paths = self.resource.diff(self.state, self.inputs).paths
        if paths:
            self.state = self.resource.update(self.id, self.state, self.inputs)
        return paths

    def refresh(self) -> Live:
        live = self.resource.read(self.id, self.inputs, self.state)
        self.state = live.state
        return live

    @property
    def working(self) -> list[str]:
        return list(self.api.keys)


# --- making


def test_a_key_is_made_for_models_by_id_or_name_and_told_once() -> None:
    world = World(models=["m1", "bge"])
    (key,) = world.api.keys.values()
    assert (key.kind, key.model_ids) == ("WORKSPACE_INVOKE", ("m1",))
    assert world.state["value"].partition(".")[0] == world.state["prefix"] == world.id == key.prefix
    assert world.up() == ()


def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(
        UserError, match=r"no model with the id or name 'bgee'.*Perhaps you meant 'bge'"
    ):
        World(models=["bgee"])


def test_its_name_on_baseten_is_its_stacks_own() -> None:
    names = {
        name_on_baseten({**INPUTS, **more}, generation)
        for more in ({}, {"stack": "prod"}, {"project": "p"}, {"name": "ads"}, {"state_id": "st-1"})
        for generation in ("1", "2")
    }
    assert len(names) == 10
    odd = name_on_baseten({**INPUTS, "name": f"Ünser Key_{'x' * 99}"}, "1")
    assert re.fullmatch(r"[a-z0-9-]{1,60}", odd)


def test_a_key_that_nobody_can_have_is_found_by_its_name_alone_and_never_one_in_use() -> None:
    lost = RemoteKey("a", "search-1", "WORKSPACE_INVOKE", (), "", used=False)
    others = [replace(lost, prefix="b", used=True), replace(lost, prefix="c", name="search-2")]
    assert find_lost([lost, *others], "search-1", ()) == [lost]
    assert find_lost([lost, *others], "search-1", ["a"]) == []


# --- rotation


def test_a_rotation_keeps_the_key_before_until_its_readers_have_the_new_one() -> None:
    world = World()
    first = world.state["value"]
    assert world.up(rotate_when="2") == ("rotate_when",)
    assert world.state["value"] != first
    assert (world.working, world.state["previous_prefixes"]) == (["key1", "key2"], ["key1"])
    assert world.up() == ()
    world.clock.now = DAY - 1
    assert world.up() == ()
    world.clock.now = DAY
    assert world.up() == ("previous_prefixes",)
    assert (world.working, world.state["previous_prefixes"]) == (["key2"], [])
    assert world.up() == ()


def test_the_new_key_comes_before_the_old_one_goes_even_without_a_pause() -> None:
    world = World(keep_previous_hours=0)
    world.up(rotate_when="2")
    assert [call[0] for call in world.api.calls] == [
        "create_api_key", "create_api_key", "delete_api_key",
    ]  # fmt: skip
    assert (world.working, world.state["previous_prefixes"]) == (["key2"], [])


def test_two_keys_work_at_the_most() -> None:
    world = World()
    world.up(rotate_when="2")
    world.up(rotate_when="3")
    assert (world.working, world.state["previous_prefixes"]) == (["key2", "key3"], ["key2"])


@pytest.mark.parametrize(
    "change", [{"models": None}, {"type": "WORKSPACE_EXPORT_METRICS"}, {"name": "other"}]
)
def test_another_scope_is_another_key(change: dict[str, Any]) -> None:
    world = World()
    assert world.up(**change) == tuple(change)
    assert (world.state["prefix"], world.state["previous_prefixes"]) == ("key2", ["key1"])


def test_the_same_models_in_other_words_are_the_same_key() -> None:
    world = World()
    assert world.up(models=["m1"]) == ("models",)
    assert (world.working, world.up()) == (["key1"], ())
    assert world.up(keep_previous_hours=5) == ()


def test_a_previous_key_that_cannot_be_deleted_is_tried_again() -> None:
    world = World(keep_previous_hours=0)
    world.api.undeletable = "key1"
    world.up(rotate_when="2")
    assert (world.state["prefix"], world.state["previous_prefixes"]) == ("key2", ["key1"])
    assert "key1 works on, because Baseten answered 500" in world.warnings[0]
    world.api.undeletable = ""
    assert world.up() == ("previous_prefixes",)
    assert world.working == ["key2"]


def test_a_preview_knows_all_but_the_new_key() -> None:
    world = World()
    planned = world.resource.plan(world.inputs, None)[1]
    assert (planned["value"], planned["prefix"]) == (UNKNOWN, UNKNOWN)
    same = world.resource.plan(world.inputs, world.state)[1]
    assert same == world.state
    rotated = world.resource.plan({**world.inputs, "rotate_when": "2"}, world.state)[1]
    assert (rotated["value"], rotated["generation"]) == (UNKNOWN, "2")
    unknown = {**world.inputs, "models": [UNKNOWN]}
    assert world.resource.diff(world.state, unknown).paths == ("models",)


# --- what is on Baseten


def test_a_refresh_finds_a_key_that_is_gone_and_up_makes_another() -> None:
    world = World()
    world.api.keys.clear()
    world.refresh()
    assert "was deleted on Baseten: `pulumi up` makes a new key" in world.warnings[0]
    assert world.up() == ("drift.prefix",)
    assert (len(world.working), world.state["previous_prefixes"]) == (1, [])
    assert (world.up(), world.refresh().state["drift"]) == ((), {})


def test_a_refresh_finds_another_scope_and_up_makes_the_right_one() -> None:
    world = World()
    world.api.keys["key1"] = replace(world.api.keys["key1"], model_ids=())
    assert world.refresh().state["drift"] == {"models": "every model, not m1"}
    assert world.up() == ("drift.models",)
    assert world.api.keys[world.state["prefix"]].model_ids == ("m1",)


def test_a_refresh_forgets_a_previous_key_that_is_gone() -> None:
    world = World()
    world.up(rotate_when="2")
    del world.api.keys["key1"]
    assert world.refresh().state["previous_prefixes"] == []


def test_a_deletion_takes_every_key_of_it_and_none_that_is_gone_stops_it() -> None:
    world = World()
    world.up(rotate_when="2")
    del world.api.keys["key2"]
    world.resource.delete(world.id, world.state)
    assert world.working == []


def test_the_key_that_pulumi_runs_with_is_not_deleted() -> None:
    world = World()
    state = {**world.state, "prefix": "own"}
    with pytest.raises(
        UserError, match="this `pulumi` runs with it: set another key in BASETEN_API_KEY"
    ):
        world.resource.delete("own", state)
    world.state = state
    world.up(rotate_when="2", keep_previous_hours=0)
    assert world.state["previous_prefixes"] == ["own"]
    assert "the one in BASETEN_API_KEY" in world.warnings[0]


def test_an_import_has_no_value_until_a_rotation_makes_one() -> None:
    world = World()
    world.api.keys["old"] = RemoteKey("old", "by-hand", "WORKSPACE_INVOKE", ("m1",), "", used=True)
    live = world.resource.read("old", {}, {})
    assert live.inputs == {"name": "by-hand", "type": "WORKSPACE_INVOKE", "models": ["m1"]}
    assert "value" not in live.state
    assert "its value is not known" in world.warnings[0]
    assert world.resource.read("new", {}, {}) == Live()
    owned = {**live.inputs, "project": "proj", "stack": "dev"}
    assert world.resource.diff(live.state, owned).paths == ()
    assert world.resource.diff(live.state, {**owned, "name": "search"}).paths == ()
    rotated = {**owned, "rotate_when": "1"}
    assert world.resource.diff(live.state, rotated).paths == ("rotate_when",)
    state = world.resource.update("old", live.state, rotated)
    assert state["value"].startswith("key")
    assert state["previous_prefixes"] == ["old"]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"type": "PERSONAL"}, "ends with that account"),
        ({"type": "ROUTES", "models": ["bge"]}, "leave models out"),
        ({"type": "WORKSPACE_MANAGE_API_KEYS", "team": "ads"}, "does not belong to a team"),
        ({"models": []}, "leave it out for every model"),
        ({"rotate_when": 3}, "rotate_when must be a text, not 3"),
        ({"keep_previous_hours": -1}, "keep_previous_hours must be at least 0"),
        ({"model": "bge"}, "Perhaps you meant 'models'"),
    ],
)
def test_what_no_key_can_be_is_refused_before_any_call(inputs: dict[str, Any], said: str) -> None:
    (failure,) = input_failures(API_KEY, {**inputs, "project": "p", "stack": "s"})
    assert said in failure.reason


def test_models_of_the_same_name_in_two_teams_are_not_guessed() -> None:
    world = World()
    world.api.models = lambda _: [  # type: ignore[method-assign]
        RemoteModel("m1", "bge", "ads"), RemoteModel("m2", "bge", "search"),
    ]  # fmt: skip
    with pytest.raises(UserError, match="in several teams"):
        world.up(models=["bge", "bge"], rotate_when="2")
    assert world.up(models=["m2"], rotate_when="2") == ("models", "rotate_when")
