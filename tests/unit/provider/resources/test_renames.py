"""Another name on Baseten: given in place, nothing pushed, and a name given by hand is told and taken back."""

from dataclasses import replace
from typing import Any

import pytest

from baseten_tei.baseten.versions import Serving
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Live
from baseten_tei.provider.resources.model import ModelResource
from baseten_tei.provider.resources.refresh import read_environment
from tests.support.fakes import AUTOSCALING, FakeApi, version

INPUTS = {"name": "bge", "digest": "new", "project": "proj", "stack": "dev"}
STATE = {**INPUTS, "generation": "1", "drift": "", "adopted": False}
RENAMED = {**INPUTS, "name": "search", "digest": "new-under-its-new-name"}
OURS = version()


def baseten(**more: Any) -> FakeApi:
    """`bge` is there, with a version of ours in production."""
    known = {
        "deployments": {"d1": OURS},
        "environments": {"production": Serving("production", OURS, AUTOSCALING)},
    }
    return FakeApi(**(known | more))


def model(api: FakeApi, warnings: list[str] | None = None) -> ModelResource:
    warn = ([] if warnings is None else warnings).append
    return ModelResource(api, warn)  # type: ignore[arg-type]  # a duck


def test_a_model_is_renamed_in_place_and_what_was_pushed_is_remembered() -> None:
    api, warned = baseten(), list[str]()
    state = model(api, warned).update("bge", STATE, RENAMED)
    assert api.calls == [("rename_model", "m1", "search")]
    assert (state["pushed_name"], state["pushed_digest"], state["generation"]) == (
        "bge",
        "new",
        "1",
    )
    assert "its URLs stay" in warned[0]
    assert model(api).diff(state, RENAMED).paths == ()
    assert model(api).plan(RENAMED, state)[1] == state
    assert model(api).read("bge", RENAMED, state) == Live("bge", RENAMED, state)


def test_the_next_push_forgets_the_earlier_name() -> None:
    state = model(baseten()).update("bge", STATE, RENAMED)
    twice = model(baseten(models={"search": "m1"})).plan({**RENAMED, "name": "find"}, state)[1]
    assert (twice["pushed_name"], twice["pushed_digest"]) == ("bge", "new")
    pushed = model(baseten(models={"search": "m1"})).plan({**RENAMED, "digest": "newer"}, state)[1]
    assert "pushed_name" not in pushed
    lost = model(baseten()).plan(RENAMED, {**state, "drift": "no deployment of new is left"})[1]
    assert ("pushed_name" in lost, lost["generation"]) == (False, "2")


def test_a_name_that_another_model_has_is_refused_in_one_line() -> None:
    api = baseten(models={"bge": "m1", "search": "m2"})
    with pytest.raises(
        UserError, match=r"'bge' is not renamed to 'search', because another model \(m2\)"
    ):
        model(api).update("bge", STATE, RENAMED)
    assert api.calls == []


@pytest.mark.parametrize("status", [404, 405])
def test_a_workspace_that_cannot_rename_says_what_to_do_and_takes_up_what_was_done(
    status: int,
) -> None:
    api = baseten()
    api.rename_status = status
    with pytest.raises(
        UserError, match=r"models/m1, and run `pulumi up` again; or write model_name: bge"
    ):
        model(api).update("bge", STATE, RENAMED)
    by_hand = baseten(models={"search": "m1"})
    assert model(by_hand).update("bge", STATE, RENAMED)["pushed_name"] == "bge"
    assert by_hand.calls == []


def test_a_rename_whose_state_was_lost_is_not_done_again() -> None:
    api = baseten(models={"search": "m1"})
    model(api).update("bge", STATE, RENAMED)
    assert api.calls == []


def test_a_model_of_somebody_else_under_the_old_name_is_left_alone() -> None:
    api = baseten(deployments={"d1": replace(OURS, labels={})})
    with pytest.raises(UserError):
        model(api).update("bge", STATE, {**RENAMED, "name": "bge"})
    model(api).update("bge", STATE, RENAMED)
    assert api.calls == []


def test_a_rename_by_hand_is_told_by_both_resources_and_taken_back() -> None:
    api, warned = baseten(models={"theirs": "m1"}), list[str]()
    live = model(api, warned).read("bge", INPUTS, STATE)
    assert live.state == {**STATE, "renamed_to": "theirs"}
    assert warned == ["model 'bge' drifted: renamed to 'theirs' by hand"]
    environment = {
        "model": "bge", "environment": "production", "project": "proj", "stack": "dev", "digest": "new",
        "autoscaling": AUTOSCALING, "model_id": "m1", "deployment_id": "d1", "serving_digest": "new",
    }  # fmt: skip
    found = read_environment(api, "id", {}, environment, warned.append)  # type: ignore[arg-type]  # a duck
    assert found.state["drift"] == {"model": "renamed to 'theirs' by hand"}

    resource = model(api, warned)
    assert resource.diff(live.state, INPUTS).paths == ("renamed_to",)
    assert resource.update("bge", live.state, INPUTS) == STATE
    assert api.model_ids == {"bge": "m1"}


def test_a_rename_by_hand_that_no_refresh_saw_is_taken_back_before_a_push_makes_a_second_model() -> (
    None
):
    api = baseten(models={"theirs": "m1"})
    model(api).update("bge", STATE, {**INPUTS, "digest": "newer"})
    assert api.model_ids == {"bge": "m1"}


def test_a_model_that_was_renamed_by_hand_is_deleted_with_its_stack() -> None:
    api = baseten(models={"theirs": "m1"})
    model(api).delete("bge", {**STATE, "renamed_to": "theirs"})
    assert api.calls == [("delete_model", "m1")]
