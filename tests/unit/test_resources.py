"""What the provider's resources decide: foreign, drifted, gone, known, ours to delete."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fakes import AUTOSCALING, FakeApi, version

from baseten_tei.baseten_api import Serving
from baseten_tei.errors import UserError
from baseten_tei.provider.environment import EnvironmentResource
from baseten_tei.provider.model import ModelResource
from baseten_tei.provider.releasing import FailedDeploymentError
from baseten_tei.provider.resource import UNKNOWN, Live, PartlyDoneError
from baseten_tei.provider.secret import SecretResource

MODEL = {"name": "bge", "digest": "new", "project": "proj", "stack": "dev"}
EXPECTED = {"task": "embedding", "model_id": "a/b", "tei_version": "1.8.3", "gpu": True}
ENVIRONMENT: dict[str, Any] = {
    "model": "bge",
    "environment": "production",
    "digest": "new",
    "expected": EXPECTED,
    "autoscaling": AUTOSCALING,
    "deploy_timeout_minutes": 30,
}
RELEASED = {"model_id": "m1", "deployment_id": "d1", "max_input_length": 512}


# --- Model


def made(**more: Any) -> dict[str, Any]:
    return {**MODEL, "generation": "1", "drift": "", **more}


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


@pytest.mark.parametrize(
    ("api", "drift"),
    [
        (FakeApi(models={}), "the model was deleted"),
        (FakeApi(deployments={"d1": version(digest="hand")}), "no deployment of new is left"),
        (FakeApi(deployments={"d1": version(status="FAILED")}), "no deployment of new is left"),
        (FakeApi(deployments={"d1": version()}), ""),
        (FakeApi(deployments={"d1": version(status="INACTIVE")}), ""),
    ],
)
def test_a_refresh_tells_what_drifted(api: FakeApi, drift: str) -> None:
    assert model(api).read("bge", MODEL, made()) == Live("bge", MODEL, made(drift=drift))


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


# --- Secret

VALUE = "hf_" + "c4N" * 11
SECRET = {"name": "hf_access_key", "value": VALUE}


def secret(api: FakeApi) -> SecretResource:
    return SecretResource(api)  # type: ignore[arg-type] # a duck


def test_a_secret_is_stored_and_its_value_is_in_no_output() -> None:
    api = FakeApi()
    resource_id, state = secret(api).create(SECRET)
    assert (resource_id, state["made_here"]) == ("hf_access_key", True)
    assert api.secrets == {"hf_access_key": VALUE}
    assert VALUE not in json.dumps(state)
    assert VALUE not in json.dumps(secret(api).plan(SECRET, None))
    assert VALUE not in json.dumps(secret(api).plan(SECRET, state))
    assert VALUE not in json.dumps(secret(api).update(resource_id, state, SECRET))
    assert VALUE not in json.dumps(secret(api).read(resource_id, {}, state).state)


def test_a_fingerprint_tells_a_new_value_and_is_salted() -> None:
    _, one = secret(FakeApi()).create(SECRET)
    _, two = secret(FakeApi()).create(SECRET)
    assert one["fingerprint"] != two["fingerprint"]
    assert secret(FakeApi()).diff(one, SECRET).paths == ()
    assert secret(FakeApi()).diff(one, {**SECRET, "value": VALUE + "x"}).paths == ("value",)


def test_another_name_replaces_a_secret() -> None:
    _, state = secret(FakeApi()).create(SECRET)
    change = secret(FakeApi()).diff(state, {**SECRET, "name": "other"})
    assert (change.paths, change.replaces) == (("name",), ("name",))


def test_a_secret_that_was_there_is_overwritten_under_its_own_name_and_never_deleted() -> None:
    """Baseten takes `hf-access-key` and `hf_access_key` for one name."""
    api = FakeApi(secrets={"hf-access-key": "old"})
    resource_id, state = secret(api).create(SECRET)
    assert api.secrets == {"hf-access-key": VALUE}
    assert state["made_here"] is False
    secret(api).delete(resource_id, state)
    assert api.secrets == {"hf-access-key": VALUE}


def test_a_secret_of_ours_is_deleted_with_the_stack_and_one_that_is_gone_is_no_error() -> None:
    api = FakeApi()
    resource_id, state = secret(api).create({**SECRET, "team": "search"})
    assert resource_id == "search/hf_access_key"
    secret(api).delete(resource_id, state)
    assert api.secrets == {}
    secret(api).delete(resource_id, state)
    assert api.calls[-1] == ("delete_secret", "hf_access_key", "search")


def test_a_secret_deleted_by_hand_is_stored_again() -> None:
    api = FakeApi()
    resource_id, state = secret(api).create(SECRET)
    api.secrets.clear()
    live = secret(api).read(resource_id, SECRET, state)
    assert secret(api).diff(live.state, SECRET).paths == ("value",)
    mended = secret(api).update(resource_id, live.state, SECRET)
    assert api.secrets == {"hf_access_key": VALUE}
    assert secret(api).diff(mended, SECRET).paths == ()


# --- Environment


class Releases:
    """Records what was asked to be released."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def release(self, inputs: dict[str, Any], *_: object) -> dict[str, Any]:
        self.asked.append(inputs["digest"])
        return {**RELEASED, "deployment_id": f"of-{inputs['digest']}"}


def environment(api: FakeApi, releases: Releases | None = None) -> EnvironmentResource:
    return EnvironmentResource(api, releases or Releases())  # type: ignore[arg-type] # ducks


def released(**more: Any) -> dict[str, Any]:
    return {**ENVIRONMENT, **RELEASED, **more}


def test_a_first_preview_knows_no_ids_yet() -> None:
    assert environment(FakeApi()).plan(ENVIRONMENT, None) == (
        "bge/production",
        {**ENVIRONMENT, **dict.fromkeys(RELEASED, UNKNOWN)},
    )


def test_an_update_that_only_scales_keeps_every_id_known() -> None:
    scaled = {**ENVIRONMENT, "autoscaling": AUTOSCALING | {"max_replica": 4}}
    assert environment(FakeApi()).plan(scaled, released())[1] == {**scaled, **RELEASED}


def test_a_new_version_keeps_the_models_id_and_so_its_urls_known() -> None:
    newer = {**ENVIRONMENT, "digest": "newer"}
    _, state = environment(FakeApi()).plan(newer, released())
    assert state["model_id"] == "m1"
    assert state["deployment_id"] == UNKNOWN
    assert state["max_input_length"] == 512


def test_another_model_behind_the_name_may_take_inputs_of_another_length() -> None:
    other = {**ENVIRONMENT, "digest": "newer", "expected": EXPECTED | {"model_id": "c/d"}}
    assert environment(FakeApi()).plan(other, released())[1]["max_input_length"] == UNKNOWN


@pytest.mark.parametrize("key", ["model", "environment"])
def test_another_model_or_environment_is_another_resource(key: str) -> None:
    change = environment(FakeApi()).diff(released(), {**ENVIRONMENT, key: "other"})
    assert change.replaces == (key,)


def test_a_change_is_told_by_the_leaf_that_changed() -> None:
    scaled = {**ENVIRONMENT, "autoscaling": AUTOSCALING | {"max_replica": 4}}
    change = environment(FakeApi()).diff(released(), scaled)
    assert (change.paths, change.replaces) == (("autoscaling.max_replica",), ())
    assert environment(FakeApi()).diff(released(), ENVIRONMENT).paths == ()


def test_a_release_follows_the_digest_alone() -> None:
    api, releases = FakeApi(), Releases()
    resource = environment(api, releases)
    assert resource.create(ENVIRONMENT)[1] == released(deployment_id="of-new")
    resource.update("id", released(), {**ENVIRONMENT, "digest": "newer"})
    resource.update("id", released(), {**ENVIRONMENT, "deploy_timeout_minutes": 60})
    assert releases.asked == ["new", "newer"]
    assert api.calls == []


class Fails(Releases):
    """Its deployment always fails; it remembers which failure it was told of."""

    before: Any = None

    def release(self, inputs: dict[str, Any], failed_before: str | None = None) -> dict[str, Any]:
        self.before = failed_before
        raise FailedDeploymentError("d7", f"deployment of {inputs['digest']} failed", "  its log")


@pytest.mark.parametrize(
    "act",
    [
        lambda resource: resource.create(ENVIRONMENT),
        lambda resource: resource.update("bge/production", released(digest="old"), ENVIRONMENT),
    ],
    ids=["create", "update"],
)
def test_a_release_that_fails_is_remembered_so_that_the_next_up_resumes_it(
    act: Callable[[EnvironmentResource], object],
) -> None:
    releases = Fails()
    resource = environment(FakeApi(), releases)
    with pytest.raises(PartlyDoneError) as caught:
        act(resource)
    error = caught.value
    assert error.problems == ("deployment of new failed", "  its log")
    assert error.resource_id == "bge/production"
    assert error.inputs == ENVIRONMENT
    assert error.state["failed_deployment_id"] == "d7"
    assert resource.diff(error.state, ENVIRONMENT).paths == ("digest",)
    with pytest.raises(PartlyDoneError):
        resource.update("bge/production", error.state, ENVIRONMENT)
    assert releases.before == "d7"


def test_a_failure_is_forgotten_once_the_release_succeeds() -> None:
    failed = released(digest="", failed_deployment_id="d7")
    state = environment(FakeApi()).update("id", failed, ENVIRONMENT)
    assert "failed_deployment_id" not in state


def test_settings_alone_are_set_in_place() -> None:
    api, releases = FakeApi(), Releases()
    scaled = AUTOSCALING | {"max_replica": 4}
    state = environment(api, releases).update(
        "id", released(), {**ENVIRONMENT, "autoscaling": scaled}
    )
    assert api.calls == [("set_autoscaling", "m1", "production", scaled)]
    assert releases.asked == []
    assert state == released(autoscaling=scaled)


def live(digest: str = "new", **autoscaling: int) -> FakeApi:
    settings = {**AUTOSCALING, "max_scale_down_rate": 50, **autoscaling}
    current = version("d5", digest=digest)
    return FakeApi(environments={"production": Serving(current, settings, False, None)})


def test_a_refresh_that_finds_all_as_it_was_changes_nothing_but_ids() -> None:
    found = environment(live()).read("id", ENVIRONMENT, released())
    assert found == Live("id", ENVIRONMENT, released(deployment_id="d5"))


@pytest.mark.parametrize(
    ("api", "path"),
    [
        (live(digest="hand"), "digest"),
        (live(digest=""), "digest"),
        (live(max_replica=9), "autoscaling.max_replica"),
    ],
)
def test_a_refresh_finds_what_was_changed_by_hand(api: FakeApi, path: str) -> None:
    found = environment(api).read("id", ENVIRONMENT, released())
    assert found.id == "id"
    assert environment(api).diff(found.state, ENVIRONMENT).paths == (path,)


@pytest.mark.parametrize(
    "api",
    [
        FakeApi(models={}),
        FakeApi(),
        FakeApi(environments={"production": Serving(None, {}, False, None)}),
    ],
)
def test_an_environment_that_serves_nothing_is_gone(api: FakeApi) -> None:
    assert environment(api).read("id", ENVIRONMENT, released()) == Live()


def test_production_goes_with_its_model_and_a_custom_environment_by_itself() -> None:
    api = FakeApi()
    environment(api).delete("id", released())
    assert api.calls == []
    environment(api).delete("id", released(environment="staging"))
    assert api.calls == [("delete_environment", "m1", "staging")]


def test_an_environment_of_a_model_that_is_gone_is_no_error() -> None:
    api = FakeApi(models={})
    environment(api).delete("id", released(environment="staging"))
    assert api.calls == []


def test_a_model_whose_deployments_were_all_deleted_is_still_ours_but_never_at_create() -> None:
    api = FakeApi()
    with pytest.raises(UserError, match="is on Baseten already"):
        model(api).create(MODEL)
    state = made(drift="no deployment of new is left")
    assert model(api).update("bge", state, MODEL)["generation"] == "2"
    model(api).delete("bge", state)
    assert ("delete_model", "m1") in api.calls
