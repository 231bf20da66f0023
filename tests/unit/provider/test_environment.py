"""What the Environment resource decides: what is a change, what a release, what may be deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from baseten_tei.baseten.versions import EnvironmentSettings, Serving
from baseten_tei.errors import UserError
from baseten_tei.outputs.spaces.fingerprint import fingerprint
from baseten_tei.provider.protocol.resource import UNKNOWN, PartlyDoneError
from baseten_tei.provider.release.readiness import FailedDeploymentError
from baseten_tei.provider.resources.environment import EnvironmentResource
from tests.support.fakes import AUTOSCALING, FakeApi, version

EXPECTED = {"task": "embedding", "model_id": "a/b", "tei_version": "1.8.3", "gpu": True}
ENVIRONMENT: dict[str, Any] = {
    "model": "bge",
    "environment": "production",
    "project": "proj",
    "stack": "dev",
    "digest": "new",
    "expected": EXPECTED,
    "autoscaling": AUTOSCALING,
    "force_delete": False,
    "deploy_timeout_minutes": 30,
}
RELEASED = {
    "model_id": "m1",
    "deployment_id": "d1",
    "serving_digest": "new",
    "instance_type": "L4:4x16",
    "max_input_length": 512,
    "dimensions": 768,
    "fingerprint": "v1:AAAA",
    "previous_deployment_id": "d0",
    "kept_deployment_ids": ["d0"],
    "spaces": {},
    "pinned_spec": "",
    "drift": {},
}
UNKNOWN_YET = {**dict.fromkeys(RELEASED, UNKNOWN), "drift": {}}


class Releases:
    """Records what was asked to be released."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def release(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        del state
        self.asked.append(inputs["digest"])
        return {**RELEASED, "deployment_id": f"of-{inputs['digest']}"}


def environment(api: FakeApi, releases: Releases | None = None) -> EnvironmentResource:
    return EnvironmentResource(api, releases or Releases())  # type: ignore[arg-type] # ducks


def released(**more: Any) -> dict[str, Any]:
    return {**ENVIRONMENT, **RELEASED, **more}


def test_a_first_preview_knows_no_ids_yet() -> None:
    assert environment(FakeApi()).plan(ENVIRONMENT, None) == (
        "bge/production",
        {**ENVIRONMENT, **UNKNOWN_YET},
    )


def test_an_update_that_only_scales_keeps_every_id_known() -> None:
    scaled = {**ENVIRONMENT, "autoscaling": AUTOSCALING | {"max_replica": 4}}
    assert environment(FakeApi()).plan(scaled, released())[1] == {**scaled, **RELEASED}


def test_what_an_older_release_did_not_record_is_known_to_be_nothing() -> None:
    scaled = {**ENVIRONMENT, "autoscaling": AUTOSCALING | {"max_replica": 4}}
    before = {key: it for key, it in released().items() if key != "fingerprint"}
    resource = environment(FakeApi())
    assert resource.plan(scaled, before)[1]["fingerprint"] is None
    assert "fingerprint" not in resource.update("id", before, ENVIRONMENT)
    assert resource.diff(before, ENVIRONMENT).paths == (), "and is no reason to release again"


def test_a_new_version_keeps_the_models_id_and_so_its_urls_known() -> None:
    newer = {**ENVIRONMENT, "digest": "newer"}
    _, state = environment(FakeApi()).plan(newer, released())
    assert state["model_id"] == "m1"
    assert state["deployment_id"] == state["fingerprint"] == UNKNOWN
    assert state["max_input_length"] == 512


def test_another_model_behind_the_name_may_take_inputs_of_another_length() -> None:
    other = {**ENVIRONMENT, "digest": "newer", "expected": EXPECTED | {"model_id": "c/d"}}
    assert environment(FakeApi()).plan(other, released())[1]["max_input_length"] == UNKNOWN


@pytest.mark.parametrize("key", ["team", "environment"])
def test_another_team_or_environment_is_another_resource(key: str) -> None:
    change = environment(FakeApi()).diff(released(), {**ENVIRONMENT, key: "other"})
    assert change.replaces == (key,)


def test_another_name_of_the_model_releases_nothing_and_keeps_every_id() -> None:
    api, releases = FakeApi(), Releases()
    resource, renamed = environment(api, releases), {**ENVIRONMENT, "model": "other"}
    assert resource.diff(released(), renamed).replaces == ()
    assert resource.plan(renamed, released())[1]["deployment_id"] == "d1"
    assert resource.update("id", released(), renamed) == released(model="other")
    by_hand = released(drift={"model": "renamed to 'x' by hand"})
    assert resource.diff(by_hand, ENVIRONMENT).paths == ("drift.model",)
    assert resource.update("id", by_hand, ENVIRONMENT) == released()
    assert (api.calls, releases.asked) == ([], [])


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

    def release(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        self.before = state.get("failed_deployment_id")
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


def test_another_region_is_a_release_and_one_that_is_left_out_is_not_managed() -> None:
    releases = Releases()
    resource = environment(FakeApi(), releases)
    assert resource.diff(released(), {**ENVIRONMENT, "region": "eu"}).paths == ("region",)
    moved = resource.update("id", released(), {**ENVIRONMENT, "region": "eu"})
    assert (moved["region"], releases.asked) == ("eu", ["new"])
    assert resource.diff(released(region="eu"), ENVIRONMENT).paths == ()
    assert resource.diff(released(), ENVIRONMENT).paths == ()


def test_settings_alone_are_set_in_place() -> None:
    api, releases = (
        FakeApi(environments={"production": Serving("production", None, {})}),
        Releases(),
    )
    scaled = AUTOSCALING | {"max_replica": 4}
    state = environment(api, releases).update(
        "id", released(), {**ENVIRONMENT, "autoscaling": scaled}
    )
    assert api.calls == [("update_environment", "m1", "production", EnvironmentSettings(scaled))]
    assert releases.asked == []
    assert state == released(autoscaling=scaled)


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


# --- pins, drift, policy, care


def test_a_pin_is_a_change_and_its_removal_too() -> None:
    pinned = {**ENVIRONMENT, "digest": "", "deployment": "previous"}
    resource = environment(FakeApi())
    assert set(resource.diff(released(), pinned).paths) == {"digest", "deployment"}
    held = released(digest="", deployment="previous")
    assert resource.diff(held, pinned).paths == ()
    assert set(resource.diff(held, ENVIRONMENT).paths) == {"digest", "deployment"}


def test_a_pin_is_a_release_and_its_removal_too() -> None:
    releases = Releases()
    resource = environment(FakeApi(), releases)
    pinned = {**ENVIRONMENT, "digest": "", "deployment": "d0"}
    resource.update("id", released(), pinned)
    resource.update("id", released(digest="", deployment="d0"), ENVIRONMENT)
    assert releases.asked == ["", "new"]


@pytest.mark.parametrize(
    "policy",
    [{"keep_deployments": 9}, {"new_space": True}, {"golden": {"path": "p", "digest": "d"}}],
)
def test_what_counts_at_the_next_release_is_no_change_by_itself(policy: dict[str, Any]) -> None:
    assert environment(FakeApi()).diff(released(), ENVIRONMENT | policy).paths == ()


def test_each_drifted_field_is_a_change_by_its_name_and_a_release() -> None:
    drifted = released(drift={"status": "INACTIVE", "instance_type": "L4:4x16 → A10Gx4x16"})
    releases = Releases()
    resource = environment(FakeApi(), releases)
    assert resource.diff(drifted, ENVIRONMENT).paths == ("drift.status", "drift.instance_type")
    assert resource.update("id", drifted, ENVIRONMENT)["drift"] == {}
    assert releases.asked == ["new"]


def test_a_new_token_is_a_release_for_a_model_that_asks_for_it() -> None:
    releases = Releases()
    resource = environment(FakeApi(), releases)
    before, now = released(secret_generation="1"), {**ENVIRONMENT, "secret_generation": "2"}
    assert resource.diff(before, now).paths == ("secret_generation",)
    resource.update("id", before, now)
    assert releases.asked == ["new"]


def test_what_an_import_could_not_know_is_no_change() -> None:
    imported = {
        key: value
        for key, value in released().items()
        if key not in ("project", "stack", "force_delete", "expected", "deploy_timeout_minutes")
    }
    resource = environment(FakeApi())
    assert resource.diff(imported, ENVIRONMENT).paths == ()
    pinned = {**ENVIRONMENT, "digest": "", "deployment": "d1"}
    assert resource.diff(imported, pinned).paths == ()
    assert resource.diff({**imported, "digest": "", "deployment": "d1"}, ENVIRONMENT).paths == ()
    other = {**ENVIRONMENT, "digest": "newer"}
    assert resource.diff(imported, other).paths == ("digest",)


def test_an_environment_that_serves_a_foreign_version_is_deleted_by_force_alone() -> None:
    foreign = Serving("staging", version("d9", owner=None), {})
    api = FakeApi(environments={"staging": foreign})
    staging = released(environment="staging")
    with pytest.raises(UserError, match="because deployment d9, which another pushed, serves it"):
        environment(api).delete("id", staging)
    assert api.calls == []
    environment(api).delete("id", {**staging, "force_delete": True})
    assert api.calls == [("delete_environment", "m1", "staging")]


LOCKED_LATE = {**EXPECTED, "revision": "c" * 40, "locked": {"dimensions": 768}}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({}, {"digest": "newer", "expected": LOCKED_LATE}, 1),
        ({}, {"digest": "new", "expected": LOCKED_LATE}, 0),
        ({}, {"digest": "newer", "expected": {**EXPECTED, "revision": "c" * 40}}, 0),
        ({}, {"digest": "newer", "expected": {**LOCKED_LATE, "model_id": "a/c"}}, 0),
        ({"expected": LOCKED_LATE}, {"digest": "newer", "expected": {**LOCKED_LATE, "revision": "d" * 40}}, 0),
    ],
)  # fmt: skip
def test_a_preview_says_why_a_lock_pushes_a_model_and_how_it_does_not(
    before: dict[str, Any], now: dict[str, Any], told: int
) -> None:
    warned: list[str] = []
    resource = EnvironmentResource(FakeApi(), Releases(), warned.append)  # type: ignore[arg-type] # ducks
    resource.plan({**ENVIRONMENT, **now}, released(**before))
    assert len(warned) == told
    for line in warned:
        assert (
            "model 'bge': was pushed from a branch and is wanted at commit cccccccccccc now" in line
        )
        assert "write pushed_unlocked: true at its entry in the lock file" in line


def test_what_the_lock_says_more_is_no_other_router() -> None:
    """So a preview of another version keeps the lengths known that the state has."""
    now = {
        **ENVIRONMENT,
        "digest": "newer",
        "expected": {**EXPECTED, "locked": {"dimensions": 768}},
    }
    assert environment(FakeApi()).plan(now, released())[1]["dimensions"] == 768


# --- pins, as a preview sees them

HERE = fingerprint([(1.0, 0.0, 2.0)])
ELSEWHERE = fingerprint([(0.0, 1.0, 0.0)])
SPACES = {
    "d0": {"digest": "old", "fingerprint": ELSEWHERE},
    "d1": {"digest": "new", "fingerprint": HERE},
    "d2": {"digest": "twin", "fingerprint": HERE},
}


def warned(before: dict[str, Any], **inputs: Any) -> list[str]:
    """What a preview says of an environment in which `d1` (digest `new`) serves."""
    lines: list[str] = []
    state = {**ENVIRONMENT, **RELEASED, "fingerprint": HERE, "spaces": SPACES, **before}
    resource = EnvironmentResource(FakeApi(), Releases(), lines.append)  # type: ignore[arg-type]
    resource.plan({**ENVIRONMENT, **inputs}, state)
    return lines


@pytest.mark.parametrize("pin", ["previous", "d0", "old"])
def test_a_pin_that_moves_the_embedding_space_says_so_and_whom_it_breaks(pin: str) -> None:
    [line] = warned({}, digest="", deployment=pin)
    assert line.startswith("model 'bge': environment production: ")
    assert pin in line
    assert "is in another embedding space than what serves now: each caller that compares" in line


def test_removing_the_pin_moves_it_back_and_says_so() -> None:
    pinned = {
        "deployment": "previous", "deployment_id": "d0", "serving_digest": "old", "digest": "",
        "fingerprint": ELSEWHERE,
    }  # fmt: skip
    [line] = warned(pinned)
    assert "version new is in another embedding space" in line


@pytest.mark.parametrize(
    ("before", "pin"),
    [({}, "d7"), ({"spaces": None}, "previous"), ({"fingerprint": None}, "previous")],
    ids=["another's version", "state of 0.1.0", "no fingerprint was taken"],
)
def test_a_pin_to_a_version_whose_space_is_not_known_says_that(
    before: dict[str, Any], pin: str
) -> None:
    [line] = warned(before, digest="", deployment=pin)
    assert "may be in another embedding space than what serves now, which is not known" in line


def test_a_pin_that_stays_in_the_space_or_has_none_or_changes_nothing_is_silent() -> None:
    assert warned({}, digest="", deployment="d2") == []
    assert warned({}, digest="", deployment="d1") == []
    assert warned({"deployment": "previous"}, digest="", deployment="previous") == []
    ranking = EXPECTED | {"task": "reranker"}
    assert warned({}, digest="", deployment="d7", expected=ranking) == []
