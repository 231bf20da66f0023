"""What the Model resource decides: whose a name is, what drift means, and what may be deleted."""

from dataclasses import replace
from typing import Any

import pytest

from baseten_tei.baseten.versions import Serving, Version
from baseten_tei.errors import UserError
from baseten_tei.provider.resources.model import ModelResource
from tests.support.fakes import FakeApi, version

MODEL = {"name": "bge", "digest": "new", "project": "proj", "stack": "dev"}


def made(**more: Any) -> dict[str, Any]:
    return {**MODEL, "generation": "1", "drift": "", "adopted": False, **more}


def model(api: FakeApi, warnings: list[str] | None = None) -> ModelResource:
    warn = ([] if warnings is None else warnings).append
    return ModelResource(api, warn)  # type: ignore[arg-type] # a duck


def test_a_name_that_nobody_has_is_taken() -> None:
    assert model(FakeApi(models={})).create(MODEL) == ("bge", made())


def test_a_model_of_this_stack_is_taken_up_again() -> None:
    assert model(FakeApi(deployments={"d1": version()})).create(MODEL) == ("bge", made())


@pytest.mark.parametrize("owner", [None, ("proj", "other"), ("other", "dev")])
def test_a_model_of_someone_else_is_refused_and_nothing_is_called(
    owner: tuple[str, str] | None,
) -> None:
    api = FakeApi(deployments={"d1": version(owner=owner)})
    told = (
        "model 'bge' is on Baseten already, pushed by .*, and the state of proj/dev does not own it"
    )
    with pytest.raises(UserError, match=told):
        model(api).create(MODEL)
    with pytest.raises(UserError, match=told):
        model(api).update("bge", made(), MODEL)
    model(api).delete("bge", made())
    assert api.calls == []


def test_a_model_of_another_team_is_another_model() -> None:
    api = FakeApi(models={"bge": "m1"}, deployments={"d1": version(owner=None)})
    assert model(api).create({**MODEL, "team": "search"})[0] == "search/bge"


def test_a_model_that_the_operation_may_change_is_included_in_it() -> None:
    included: list[str] = []
    resource = ModelResource(FakeApi(), include=included.append)  # type: ignore[arg-type] # a duck
    resource.plan(MODEL, None)
    assert included == [], "the engine checks what is no target, too"
    resource.diff(made(), MODEL)
    resource.create({**MODEL, "team": "search"})
    assert included == ["bge", "search/bge"]


def test_nothing_changed_is_no_change_whatever_the_outputs_are() -> None:
    assert model(FakeApi()).diff(made(), MODEL).paths == ()


def test_a_new_digest_and_a_new_name_are_changes_in_place_and_a_new_team_another_model() -> None:
    change = model(FakeApi()).diff(made(), {**MODEL, "digest": "newer"})
    assert (change.paths, change.replaces) == (("digest",), ())
    change = model(FakeApi()).diff(made(), {**MODEL, "name": "other"})
    assert (change.paths, change.replaces) == (("name",), ())
    change = model(FakeApi()).diff(made(), {**MODEL, "team": "ads"})
    assert (change.paths, change.replaces) == (("team",), ("team",))


def test_a_new_digest_keeps_the_generation_so_that_only_the_digest_pushes() -> None:
    api = FakeApi(deployments={"d1": version()})
    state = model(api).update("bge", made(), {**MODEL, "digest": "newer"})
    assert state == {**made(digest="newer")}


def test_drift_is_a_change_that_raises_the_generation_once() -> None:
    resource, drifted = model(FakeApi(models={})), made(drift="the model was deleted")
    assert resource.diff(drifted, MODEL).paths == ("drift",)
    mended = resource.update("bge", drifted, MODEL)
    assert mended == made(generation="2")
    assert resource.diff(mended, MODEL).paths == ()


def test_a_preview_knows_what_the_update_will_say() -> None:
    drifted = made(drift="gone")
    resource = model(FakeApi(models={}))
    assert resource.plan(MODEL, drifted)[1] == resource.update("bge", drifted, MODEL)
    assert resource.plan(MODEL, None) == resource.create(MODEL)


def test_a_model_of_ours_is_deleted_and_one_that_is_gone_is_no_error() -> None:
    api = FakeApi(deployments={"d1": version()})
    model(api).delete("bge", made())
    assert api.calls == [("delete_model", "m1")]
    gone = FakeApi(models={})
    model(gone).delete("bge", made())
    assert gone.calls == []


def test_a_model_whose_deployments_were_all_deleted_is_still_ours_but_never_at_create() -> None:
    api = FakeApi()
    with pytest.raises(UserError, match="is on Baseten already"):
        model(api).create(MODEL)
    state = made(drift="no deployment of new is left")
    assert model(api).update("bge", state, MODEL)["generation"] == "2"
    model(api).delete("bge", state)
    assert ("delete_model", "m1") in api.calls


# --- taking over, and deleting with care


def test_a_model_of_someone_else_is_taken_over_where_the_spec_says_adopt() -> None:
    api = FakeApi(deployments={"d1": version(owner=None)})
    adopting = {**MODEL, "adopt": True}
    taken = made(adopt=True, adopted=True, taken_over=["d1"])
    assert model(api).create(adopting) == ("bge", taken)
    assert model(api).update("bge", made(), adopting) == taken
    assert api.calls == []


def test_an_adopted_model_stays_adopted_when_the_word_goes() -> None:
    api = FakeApi(deployments={"d1": version(owner=None)})
    assert model(api).update("bge", made(adopted=True), MODEL)["adopted"] is True


def test_adopt_alone_is_no_change() -> None:
    assert model(FakeApi()).diff(made(adopted=True), {**MODEL, "adopt": True}).paths == ()


def test_what_an_import_could_not_know_is_no_change() -> None:
    imported = {"name": "bge", "generation": "1", "drift": "", "adopted": True}
    assert model(FakeApi()).diff(imported, MODEL).paths == ()
    assert model(FakeApi()).plan(MODEL, imported)[1] == made(adopted=True)


@pytest.mark.parametrize(
    ("deployments", "environments", "said"),
    [
        (
            {"d1": version(), "d2": version("d2", owner=None)},
            {"production": Serving("production", version(), {})},
            "model 'bge' is not deleted, because of deployment d2, which another pushed: ",
        ),
        (
            {"d1": version()},
            {"staging": Serving("staging", version(), {})},
            r"model 'bge' is not deleted, because of environment 'staging' \(d1\): ",
        ),
    ],
)
def test_what_would_go_with_a_model_stands_against_deleting_it(
    deployments: dict[str, Any], environments: dict[str, Any], said: str
) -> None:
    api = FakeApi(deployments=deployments, environments=environments)
    with pytest.raises(UserError, match=said):
        model(api).delete("bge", made())
    assert api.calls == []
    model(api).delete("bge", made(force_delete=True))
    assert api.calls == [("delete_model", "m1")]


def test_an_adopted_model_goes_with_what_was_taken_over_and_not_with_what_came_later() -> None:
    api = FakeApi(deployments={"d1": version(owner=None)})
    adopted = made(adopted=True, taken_over=["d1"])
    api.deployments["d2"] = version("d2", owner=None)
    with pytest.raises(UserError, match="because of deployment d2, which another pushed"):
        model(api).delete("bge", adopted)
    del api.deployments["d2"]
    model(api).delete("bge", adopted)
    assert api.calls == [("delete_model", "m1")]


def test_an_adopted_model_is_deleted_by_force_alone() -> None:
    api = FakeApi(deployments={"d1": version(owner=None)})
    with pytest.raises(UserError, match="force_delete: true"):
        model(api).delete("bge", made(adopted=True))
    model(api).delete("bge", made(adopted=True, force_delete=True))
    assert api.calls == [("delete_model", "m1")]


def test_a_model_in_which_only_others_deployments_are_left_stays_and_says_so() -> None:
    api, warnings = FakeApi(deployments={"d1": version(owner=None)}), list[str]()
    model(api, warnings).delete("bge", made())
    assert api.calls == []
    assert warnings == [
        "model 'bge' (m1) is kept on Baseten, because this stack pushed none of its deployments: delete it there "
        "once it may go"
    ]


# --- whose it is: the id of the state

ID, OTHER = "st-0123456789", "st-9876543210"
NAMED = {**MODEL, "state_id": ID}


def labelled(state_id: str | None, deployment_id: str = "d1", **more: Any) -> Version:
    plain = version(deployment_id, **more)
    labels = {**plain.labels, **({"pulumi_state": state_id} if state_id else {})}
    return replace(plain, labels=labels)


def named(**more: Any) -> dict[str, Any]:
    return made(state_id=ID, stamp=ID, **more)


def test_a_deployment_with_the_states_id_is_taken_up_again_whatever_the_stack_is_called() -> None:
    api = FakeApi(deployments={"d1": labelled(ID, owner=("once", "otherwise"))})
    assert model(api).create(NAMED) == ("bge", named())


@pytest.mark.parametrize("theirs", [OTHER, None])
def test_the_same_words_do_not_make_a_model_ours(theirs: str | None) -> None:
    api = FakeApi(deployments={"d1": labelled(theirs)})
    with pytest.raises(UserError, match="is on Baseten already, pushed by stack proj/dev"):
        model(api).create(NAMED)
    assert api.calls == []


def test_a_lost_state_is_answered_with_the_id_that_brings_it_back() -> None:
    api = FakeApi(deployments={"d1": labelled(OTHER), "d2": labelled(None, "d2")})
    with pytest.raises(UserError, match=rf"run `pulumi config set baseten-tei:state_id {OTHER}`$"):
        model(api).create(NAMED)
    api.deployments["d3"] = labelled("st-0000000000", "d3")
    with pytest.raises(
        UserError, match=r"write another model_name, or adopt: true to take it over$"
    ):
        model(api).create(NAMED)


def test_a_model_that_an_earlier_release_pushed_stays_ours_and_is_not_pushed_for_its_id() -> None:
    api = FakeApi(deployments={"d1": labelled(None)})
    resource = model(api)
    assert resource.diff(made(), NAMED).paths == ()
    assert "stamp" not in resource.plan({**NAMED, "force_delete": True}, made())[1]
    pushed = resource.update("bge", made(), {**NAMED, "digest": "newer"})
    assert pushed == named(digest="newer")


def test_other_words_alone_are_no_change_and_the_old_ones_stay_known() -> None:
    renamed = {**NAMED, "project": "new", "stack": "prod"}
    api = FakeApi(deployments={"d1": labelled(None)})
    assert model(api).diff(named(), renamed).paths == ()
    forced = model(api).update("bge", named(), {**renamed, "force_delete": True})
    assert (forced["project"], forced["stack"]) == ("proj", "dev"), "no push, no new words"
    pushed = model(api).update("bge", named(), {**renamed, "digest": "newer"})
    assert (pushed["stack"], pushed["known_as"]) == ("prod", ["proj/dev"])
    model(api).delete("bge", pushed)
    assert api.calls == [("delete_model", "m1")]


def test_another_states_deployments_are_not_deleted_for_the_same_words() -> None:
    api = FakeApi(deployments={"d1": labelled(OTHER)})
    model(api).delete("bge", named())
    assert api.calls == []


def test_an_import_plans_with_what_its_id_says_alone() -> None:
    assert model(FakeApi()).plan({"name": "bge"}, None)[0] == "bge"


def test_two_names_of_a_team_find_the_same_model() -> None:
    resource = model(FakeApi(models={"bge": "m1", "search/bge": "m1", "other/bge": "m2"}))
    assert resource.is_same(MODEL, {**MODEL, "team": "search"})
    assert not resource.is_same(MODEL, {**MODEL, "team": "other"})
    assert not resource.is_same({**MODEL, "team": "gone"}, {**MODEL, "team": "gone"})
