"""A model's environments: refusals before anything is touched, and what each resource is asked for."""

from typing import Any

import pytest

from baseten_tei.deployment.environment_inputs import all_environments, environment_inputs
from baseten_tei.errors import UserError
from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.args import ModelArgs

BGE = {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5", "revision": "a" * 40}


def spec(**more: Any) -> ModelArgs:
    return parse_settings({"bge": BGE | more}).models["bge"]


def refusal(**more: Any) -> str:
    with pytest.raises(UserError) as refused:
        spec(**more)
    return str(refused.value)


def test_further_environments_come_before_the_models_own() -> None:
    args = spec(environments={"staging": {}, "canary": {}})
    assert list(all_environments(args)) == ["staging", "canary", "production"]


def test_each_environment_has_its_own_settings_and_version() -> None:
    args = spec(
        autoscaling={"min_replica": 2, "max_replica": 4},
        request_backpressure="REJECT_ON_FULL",
        environments={"staging": {"deployment": "previous", "autoscaling": {"max_replica": 2}}},
    )
    inputs = environment_inputs(args, "abc", {"path": "golden/dev/bge.json", "digest": "0123"})
    assert inputs["production"]["autoscaling"]["min_replica"] == 2
    assert inputs["production"]["request_backpressure"] == "REJECT_ON_FULL"
    assert (inputs["production"]["digest"], inputs["production"]["deployment"]) == ("abc", None)
    assert inputs["staging"]["autoscaling"]["max_replica"] == 2
    assert inputs["staging"]["request_backpressure"] is None
    assert (inputs["staging"]["digest"], inputs["staging"]["deployment"]) == ("", "previous")
    assert inputs["staging"]["golden"] == {"path": "golden/dev/bge.json", "digest": "0123"}


def test_a_commit_is_expected_of_the_router_and_a_branch_is_not() -> None:
    pinned = environment_inputs(spec(), "abc", None)["production"]["expected"]
    moving = environment_inputs(spec(revision="main"), "abc", None)["production"]["expected"]
    assert pinned["revision"] == "a" * 40
    assert "revision" not in moving


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ({"max_unavailable_percent": 10}, {"max_surge_percent": 0, "max_unavailable_percent": 10}),
        ({"max_surge_percent": 50}, {"max_surge_percent": 50, "max_unavailable_percent": 0}),
        ({"stabilization_time_seconds": 60}, {"stabilization_time_seconds": 60}),
    ],
)
def test_one_percent_sets_the_other_to_0(written: dict[str, int], sent: dict[str, int]) -> None:
    args = spec(promotion={"rolling_deploy_config": written, "promotion_cleanup_strategy": "KEEP"})
    promotion = environment_inputs(args, "abc", None)["production"]["promotion"]
    assert promotion == {"promotion_cleanup_strategy": "KEEP", "rolling_deploy_config": sent}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"promotion": {"rolling_deploy_config": {"max_surge_percent": 5, "max_unavailable_percent": 5}}},
            "model 'bge': TEI-SPEC-008 promotion.rolling_deploy_config: max_surge_percent 5 and "
            "max_unavailable_percent 5 exclude each other: write one",
        ),
        (
            {"environments": {"staging": {"promotion": {"rolling_deploy_config": {"max_surge_percent": 0}}}}},
            "model 'bge': TEI-SPEC-008 environments.staging.promotion.rolling_deploy_config: one of max_surge_percent "
            "and max_unavailable_percent must not be 0: write e.g. max_surge_percent: 25",
        ),
        (
            {"environments": {"production": {}}},
            "model 'bge': TEI-SPEC-004 environments.production is the model's own environment: write its settings "
            "beside `environment`, or another name",
        ),
        (
            {"environments": {"Staging": {}}},
            "environment 'Staging' must be lower-case letters",
        ),
        (
            {"environments": {"staging": {"autoscaling": {"min_replica": 3}}}},
            "model 'bge': TEI-SPEC-007 environments.staging.autoscaling.min_replica 3 is above max_replica 1",
        ),
        ({"environments": {"staging": {"autoscalin": {}}}}, "Perhaps you meant 'autoscaling'?"),
        ({"deployment": " "}, "model 'bge': TEI-SPEC-009 deployment is empty: write previous, a deployment's id"),
        ({"redeploy_on_rotation": True}, "write gated: true, or leave it out"),
        ({"request_backpressure": "DROP"}, "request_backpressure"),
        ({"keep_deployments": -1}, "keep_deployments"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(more: dict[str, Any], said: str) -> None:
    told = refusal(**more)
    assert said in told
    assert "\n" not in told
