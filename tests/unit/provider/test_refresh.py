"""What a refresh and an import find, on a Baseten of plain data."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.baseten.versions import EnvironmentSettings, Serving
from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Live
from baseten_tei.provider.release.release import Releasing
from baseten_tei.provider.release.waiting import Waiting
from baseten_tei.provider.resources.environment import EnvironmentResource
from baseten_tei.provider.resources.model import ModelResource
from baseten_tei.provider.resources.refresh import read_environment, read_model
from baseten_tei.spec.args import EmbeddingArgs
from tests.support.fakes import AUTOSCALING, FakeApi, version

MODEL = {"name": "bge", "digest": "new", "project": "proj", "stack": "dev"}
INPUTS: dict[str, Any] = {
    "model": "bge",
    "environment": "production",
    "project": "proj",
    "stack": "dev",
    "digest": "new",
    "autoscaling": AUTOSCALING,
    "expected": {"task": "embedding"},
    "on_refusal": "keep",
    "keep_deployments": 3,
    "deploy_timeout_minutes": 30,
}
RELEASED: dict[str, Any] = {
    **INPUTS,
    "model_id": "m1",
    "deployment_id": "d1",
    "serving_digest": "new",
    "instance_type": "L4:4x16",
    "kept_deployment_ids": [],
    "drift": {},
}
OURS = version(instance_type="L4:4x16")
COMMAND = "config.docker_server.start_command"


class Gate:
    """Passes every version."""

    def check(self, *_: Any) -> dict[str, Any]:
        return {"max_input_length": 512}


def config(tokens: int) -> dict[str, Any]:
    return {
        "docker_server": {"start_command": f"text-embeddings-router --max-batch-tokens={tokens}"}
    }


class Baseten(FakeApi):
    """Of a deployment that is not there it has no config either, and it counts who asks for one."""

    asked = 0

    def config(self, model_id: str, deployment_id: str) -> dict[str, Any]:
        self.asked += 1
        self.version(model_id, deployment_id)
        return super().config(model_id, deployment_id)


def baseten(current: Any = OURS, **more: Any) -> Baseten:
    """`d1` was released; `current` serves."""
    settings = {"autoscaling": {**AUTOSCALING, "max_scale_down_rate": 50}, **more}
    return Baseten(
        deployments={it.id: it for it in (OURS, current) if it},
        environments={"production": Serving("production", current, **settings)},
        configs={"d1": config(16384), "d2": config(8192)},
    )


def read(api: FakeApi, state: Any = RELEASED, inputs: Any = INPUTS) -> tuple[Live, list[str]]:
    told: list[str] = []
    live = read_environment(api, "bge/production", inputs, state, told.append)  # type: ignore[arg-type] # a duck
    return live, told


# --- Environment: refresh


def test_an_untouched_environment_is_read_as_it_was_released_and_costs_no_config() -> None:
    api = baseten()
    assert read(api) == (Live("bge/production", INPUTS, RELEASED), [])
    assert (api.calls, api.asked) == ([], 0)


def test_traffic_that_somebody_routes_is_told_at_each_refresh_and_is_no_drift() -> None:
    live, told = read(baseten(further={"traffic_routing": "25 % of the requests are copied to x"}))
    assert live == Live("bge/production", INPUTS, RELEASED)
    assert told == [
        "environment 'production' of model 'bge': 25 % of the requests are copied to x; "
        "no stack manages that, and `up` leaves it"
    ]


promotions = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "redeploy_on_promotion": st.booleans(),
        "promotion_cleanup_strategy": st.sampled_from(["KEEP", "DEACTIVATE"]),
        "rolling_deploy_config": st.fixed_dictionaries({"max_surge_percent": st.integers(1, 50)}),
    },
)


@given(
    st.fixed_dictionaries({"min_replica": st.integers(0, 3), "max_replica": st.integers(3, 9)}),
    promotions,
    st.sampled_from([None, "QUEUE_ON_FULL", "REJECT_ON_FULL"]),
    st.sampled_from(["production", "staging"]),
    st.sampled_from([None, "d1-copy"]),
    st.sampled_from([None, "d1", "new"]),
)
def test_what_a_release_wrote_is_what_the_next_refresh_reads(
    autoscaling: dict[str, int],
    promotion: Any,
    backpressure: str | None,
    environment: str,
    copy: str | None,
    pin: str | None,
) -> None:
    given_settings = {"promotion": promotion, "request_backpressure": backpressure}
    inputs = {
        **INPUTS,
        **{key: it for key, it in given_settings.items() if it is not None},
        **({"deployment": pin} if pin else {}),
        "environment": environment,
        "autoscaling": autoscaling,
    }
    api = FakeApi(deployments={"d1": OURS}, promotes_to=copy)
    api.create_environment("m1", "production", EnvironmentSettings(AUTOSCALING))
    resource = EnvironmentResource(api, Releasing(api, Gate(), Waiting()))  # type: ignore[arg-type] # ducks
    _, state = resource.create(inputs)
    live, told = read(api, state, inputs)
    assert told == []
    assert (live.inputs, live.state) == (inputs, state)
    assert resource.diff(live.state, inputs).paths == ()


def test_live_settings_take_the_place_of_ours_and_are_named() -> None:
    api = baseten(autoscaling={**AUTOSCALING, "max_replica": 3})
    live, told = read(api)
    changed = {**AUTOSCALING, "max_replica": 3}
    assert live.inputs == {**INPUTS, "autoscaling": changed}
    assert live.state == {**RELEASED, "autoscaling": changed}
    assert told == [
        "environment 'production' of model 'bge' drifted: autoscaling.max_replica 1 → 3"
    ]


def test_another_version_is_named_with_its_config_and_ours_stays_in_the_state() -> None:
    live, told = read(baseten(version("d2", digest="other", instance_type="L4:4x16")))
    assert live.inputs == INPUTS
    assert live.state == {
        **RELEASED,
        "drift": {
            "deployment": "d2 serves, not d1",
            f"{COMMAND} --max-batch-tokens": "16384 → 8192",
        },
    }
    place = "environment 'production' of model 'bge' drifted:"
    assert told == [
        f"{place} deployment d2 serves, not d1",
        f"{place} {COMMAND} --max-batch-tokens 16384 → 8192",
    ]


def test_drift_is_told_until_it_is_repaired() -> None:
    api = baseten(version("d2", digest="other"))
    once, told = read(api)
    again, told_again = read(api, once.state, once.inputs)
    assert (again, told_again) == (once, told)
    api.served = baseten().served
    assert read(api, again.state, again.inputs) == (Live("bge/production", INPUTS, RELEASED), [])


def test_a_copy_that_baseten_made_is_taken_over_silently() -> None:
    api = baseten(version("d9", instance_type="L4:4x16"))
    api.configs["d9"] = config(16384)
    assert read(api) == (Live("bge/production", INPUTS, {**RELEASED, "deployment_id": "d9"}), [])


def test_a_forged_digest_is_seen_by_its_config() -> None:
    live, _ = read(baseten(version("d2", digest="new", owner=None)))
    assert live.state["drift"]["deployment"] == "d2 (pushed by another) serves, not d1"
    assert live.state["deployment_id"] == "d1"


def test_a_version_of_ours_that_is_gone_is_said_to_be() -> None:
    api = baseten(version("d2", digest="other"))
    del api.deployments["d1"]
    live, _ = read(api)
    assert live.state["drift"] == {"deployment": "d2 serves, not d1 (deleted)"}


def test_an_environment_that_serves_nothing_stays_and_is_drift() -> None:
    live, _ = read(baseten(None))
    assert live.state["drift"] == {"deployment": "nothing serves, not d1"}


@pytest.mark.parametrize(
    ("models", "environments", "why"),
    [
        ({}, {}, "the model was deleted"),
        ({"other": "m1"}, {}, "the environment was deleted"),
        ({"bge": "m1"}, {}, "the environment was deleted"),
    ],
)
def test_what_is_gone_leaves_the_state_and_is_told(
    models: dict[str, str], environments: dict[str, Serving], why: str
) -> None:
    told = [f"environment 'production' of model 'bge' is gone: {why}"]
    assert read(FakeApi(models=models, environments=environments)) == (Live(), told)


def test_a_model_made_anew_by_hand_is_another_model() -> None:
    api = Baseten(
        models={"bge": "m2"},
        deployments={"d2": version("d2", digest="other", owner=None)},
        environments={"production": Serving("production", version("d2"), AUTOSCALING)},
    )
    live, _ = read(api)
    assert live.state["drift"]["model_id"] == "m2, not m1"
    assert live.state["model_id"] == "m1"


def test_a_release_that_never_ended_has_not_drifted() -> None:
    state = {**INPUTS, "digest": "", "failed_deployment_id": "d1"}
    assert read(FakeApi(models={}), state) == (Live("bge/production", INPUTS, state), [])


def test_an_error_of_baseten_is_not_taken_for_drift() -> None:
    class Refusing(Baseten):
        def config(self, model_id: str, deployment_id: str) -> dict[str, Any]:
            raise UserError(f"no rights to read {model_id}/{deployment_id}")

    api = Refusing(
        deployments={"d1": OURS},
        environments={"production": Serving("production", version("d2"), AUTOSCALING)},
    )
    with pytest.raises(UserError, match="no rights to read"):
        read(api)


# --- Environment: import


def imported(api: FakeApi, resource_id: str) -> Live:
    return read_environment(api, resource_id, {}, {}, pytest.fail)  # type: ignore[arg-type] # a duck


def test_an_import_takes_what_it_can_know_from_the_platform() -> None:
    api = baseten(promotion={"redeploy_on_promotion": True, "ramp_up_duration_seconds": 600})
    live = imported(api, "bge/production")
    known = {
        "model": "bge",
        "environment": "production",
        "digest": "new",
        "autoscaling": AUTOSCALING,
        "promotion": {"redeploy_on_promotion": True},
    }
    assert live.inputs == known
    outputs = ("model_id", "deployment_id", "serving_digest", "instance_type", "drift")
    assert {key: live.state[key] for key in outputs} == {key: RELEASED[key] for key in outputs}
    assert {key: live.state[key] for key in known} == known


def test_a_version_that_another_pushed_is_imported_as_pinned() -> None:
    live = imported(baseten(version("d2", digest="", owner=None)), "bge/production")
    assert (live.state["digest"], live.state["deployment"]) == ("", "d2")


def test_a_team_is_part_of_an_id_and_may_hold_a_slash() -> None:
    api = Baseten(
        models={"a/b/bge": "m1"},
        environments={"staging": Serving("staging", OURS, AUTOSCALING)},
    )
    live = imported(api, "a/b/bge/staging")
    assert (live.inputs["team"], live.inputs["model"]) == ("a/b", "bge")


@pytest.mark.parametrize("resource_id", ["bge/staging", "other/production", "team/bge/production"])
def test_what_is_not_there_cannot_be_imported(resource_id: str) -> None:
    assert imported(baseten(), resource_id) == Live()


def test_an_environment_that_serves_nothing_cannot_be_imported() -> None:
    assert imported(baseten(None), "bge/production") == Live()


def test_an_id_without_environment_says_what_to_write() -> None:
    with pytest.raises(UserError, match=r"write model/environment, e\.g\. bge/production"):
        imported(baseten(), "bge")


def test_after_an_import_the_first_up_completes_what_a_refresh_reads() -> None:
    api = baseten(promotion={"redeploy_on_promotion": True})
    live = imported(api, "bge/production")
    assert "project" not in live.state
    inputs = {**INPUTS, "promotion": {"redeploy_on_promotion": True}}
    later, told = read(api, live.state, inputs)
    assert told == []
    assert {**inputs, **later.state} == later.state


def test_settings_that_an_import_read_and_no_program_manages_do_not_drift() -> None:
    live = imported(baseten(promotion={"redeploy_on_promotion": True}), "bge/production")
    later = baseten(promotion={"redeploy_on_promotion": False})
    assert read(later, live.state, INPUTS)[1] == []


# --- Model


def made(**more: Any) -> dict[str, Any]:
    return {**MODEL, "generation": "1", "drift": "", "adopted": False, **more}


def read_it(api: FakeApi, state: Any) -> tuple[Live, list[str]]:
    told: list[str] = []
    live = read_model(api, "bge", MODEL if state else {}, state, told.append)  # type: ignore[arg-type] # a duck
    return live, told


def test_a_model_with_its_version_has_not_drifted() -> None:
    api = FakeApi(deployments={"d1": OURS})
    _, state = ModelResource(api).create(MODEL)  # type: ignore[arg-type] # a duck
    assert read_it(api, state) == (Live("bge", MODEL, state), [])


@pytest.mark.parametrize(
    ("api", "drift"),
    [
        (FakeApi(models={}), "the model was deleted"),
        (FakeApi(models={"renamed": "m1"}), "the model was deleted"),
        (FakeApi(deployments={"d2": version("d2", digest="x")}), "no deployment of new is left"),
        (FakeApi(deployments={"d1": version(status="FAILED")}), "no deployment of new is left"),
    ],
)
def test_a_lost_version_is_told_as_drift(api: FakeApi, drift: str) -> None:
    told = [f"model 'bge' drifted: {drift}"]
    assert read_it(api, made()) == (Live("bge", MODEL, made(drift=drift)), told)


def test_where_nothing_is_pushed_no_version_is_missed() -> None:
    live, told = read_it(FakeApi(deployments={}), made(digest=""))
    assert (live.state["drift"], told) == ("", [])


def test_a_model_is_imported_by_its_name_and_completed_by_the_first_up() -> None:
    api = FakeApi(models={"search/bge": "m1"}, deployments={"d1": OURS})
    live = read_model(api, "search/bge", {}, {}, pytest.fail)  # type: ignore[arg-type] # a duck
    assert live.inputs == {"name": "bge", "team": "search"}
    assert (live.state["adopted"], live.state["generation"]) == (True, "1")
    inputs = {**MODEL, "team": "search"}
    later = read_model(api, live.id, inputs, live.state, pytest.fail)  # type: ignore[arg-type] # a duck
    assert later.state == {**inputs, **live.state}


def test_a_model_that_is_not_there_cannot_be_imported() -> None:
    assert read_it(FakeApi(models={}), {}) == (Live(), [])


def test_a_refresh_reads_what_a_version_that_an_earlier_release_pinned_was_pushed_with() -> None:
    pushed = build_config("bge", EmbeddingArgs(model_id="a/b", default_prompt="query: "))
    serving = Serving("production", OURS, AUTOSCALING)
    api = FakeApi(
        deployments={"d1": OURS}, environments={"production": serving}, configs={"d1": pushed}
    )

    def spec(state: dict[str, Any]) -> Any:
        found = read_environment(api, "bge/production", INPUTS, state, lambda _: None)
        return found.state.get("pinned_spec")

    pinned = {**RELEASED, "deployment": "d1", "digest": ""}
    assert json.loads(spec(pinned))["default_prompt"] == "query: "
    assert spec({**pinned, "pinned_spec": "kept"}) == "kept"
    assert spec(RELEASED) is None
