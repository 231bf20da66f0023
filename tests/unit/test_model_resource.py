"""What the Model resource decides: whose a name is, what drift means, and what may be deleted."""

from typing import Any

import pytest
from fakes import FakeApi, version

from baseten_tei.errors import UserError
from baseten_tei.provider.model import ModelResource
from baseten_tei.release import Serving

MODEL = {"name": "bge", "digest": "new", "project": "proj", "stack": "dev"}


def made(**more: Any) -> dict[str, Any]:
    return {**MODEL, "generation": "1", "drift": "", "adopted": False, **more}


def model(api: FakeApi) -> ModelResource:
    return ModelResource(api)  # type: ignore[arg-type] # a duck


def test_a_name_that_nobody_has_is_taken() -> None:
    assert model(FakeApi(models={})).create(MODEL) == ("bge", made())


def test_a_model_of_this_stack_is_taken_up_again() -> None:
    assert model(FakeApi(deployments={"d1": version()})).create(MODEL) == ("bge", made())


@pytest.mark.parametrize("owner", [None, ("proj", "other"), ("other", "dev")])
def test_a_model_of_someone_else_is_refused_and_nothing_is_called(
    owner: tuple[str, str] | None,
) -> None:
    api = FakeApi(deployments={"d1": version(owner=owner)})
    told = r"model 'bge' is on Baseten already \(m1\) and was not pushed by stack proj/dev"
    with pytest.raises(UserError, match=told):
        model(api).create(MODEL)
    with pytest.raises(UserError, match=told):
        model(api).update("bge", made(), MODEL)
    model(api).delete("bge", made())
    assert api.calls == []


def test_a_model_of_another_team_is_another_model() -> None:
    api = FakeApi(models={"bge": "m1"}, deployments={"d1": version(owner=None)})
    assert model(api).create({**MODEL, "team": "search"})[0] == "search/bge"


def test_nothing_changed_is_no_change_whatever_the_outputs_are() -> None:
    assert model(FakeApi()).diff(made(), MODEL).paths == ()


def test_a_new_digest_is_a_change_in_place_and_a_new_name_another_model() -> None:
    change = model(FakeApi()).diff(made(), {**MODEL, "digest": "newer"})
    assert (change.paths, change.replaces) == (("digest",), ())
    change = model(FakeApi()).diff(made(), {**MODEL, "name": "other"})
    assert (change.paths, change.replaces) == (("name",), ("name",))


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
    assert model(api).create(adopting) == ("bge", made(adopt=True, adopted=True))
    assert model(api).update("bge", made(), adopting)["adopted"] is True
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


def test_an_adopted_model_is_deleted_by_force_alone() -> None:
    api = FakeApi(deployments={"d1": version(owner=None)})
    with pytest.raises(UserError, match="force_delete: true"):
        model(api).delete("bge", made(adopted=True))
    model(api).delete("bge", made(adopted=True, force_delete=True))
    assert api.calls == [("delete_model", "m1")]
