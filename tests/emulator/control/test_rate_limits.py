"""Baseten's documented rate limits: off by default, by endpoint, on the injected clock."""

from __future__ import annotations

from baseten_emulator.world.rate_limits import RateLimits
from tests.support.control_client import Baseten, in_process, new_world


def baseten_with_limits() -> tuple[Baseten, str]:
    """A Baseten that keeps its limits, and the path of a deployment."""
    world = new_world(rate_limits=RateLimits())
    baseten = Baseten(world, in_process(world))
    model_id, deployment_id = baseten.deployed()
    baseten.advance(60)
    return baseten, f"/v1/models/{model_id}/deployments/{deployment_id}"


def test_by_default_nothing_is_limited(local: Baseten) -> None:
    model_id, _ = local.deployed()
    path = f"/v1/models/{model_id}/deployments/production/retry"
    assert {local.call("POST", path).status for _ in range(30)} == {200}


def test_activations_are_limited_to_20_a_minute() -> None:
    baseten, path = baseten_with_limits()
    answers = [baseten.call("POST", path + "/activate") for _ in range(21)]
    assert {answer.status for answer in answers[:20]} == {200}
    assert answers[20].status == 429
    assert answers[20].json == {
        "error": "Rate limit exceeded. Please try again later.",
        "retry_after": 60,
    }
    baseten.advance(59)
    assert baseten.call("POST", path + "/activate").json["retry_after"] == 1
    baseten.advance(1)
    assert baseten.call("POST", path + "/activate").status == 200


def test_each_endpoint_has_a_limit_of_its_own() -> None:
    baseten, path = baseten_with_limits()
    assert [baseten.call("POST", path + "/retry").status for _ in range(11)][-2:] == [200, 429]
    assert baseten.call("POST", path + "/activate").status == 200
    alias = path.rsplit("/", 1)[0] + "/production/retry"
    assert baseten.call("POST", alias).status == 200


def test_the_others_are_limited_to_100_a_second() -> None:
    baseten, _ = baseten_with_limits()
    statuses = [baseten.call("GET", "/v1/teams").status for _ in range(101)]
    assert (statuses.count(200), statuses[-1]) == (100, 429)
    baseten.advance(1)
    assert baseten.call("GET", "/v1/teams").status == 200


def test_calls_that_fail_are_counted_and_calls_that_are_limited_are_not() -> None:
    baseten, path = baseten_with_limits()
    gone = path.rsplit("/", 1)[0] + "/gone/retry"
    assert {baseten.call("POST", gone).status for _ in range(10)} == {404}
    assert {baseten.call("POST", path + "/retry").status for _ in range(50)} == {429}
    baseten.advance(60)
    assert baseten.call("POST", path + "/retry").status == 200


def test_only_the_management_api_is_limited() -> None:
    baseten, path = baseten_with_limits()
    predict = f"/hosts/model-{path.split('/')[3]}/production/predict"
    assert {baseten.call("POST", predict, {}).status for _ in range(110)} == {200}
    assert {baseten.call("GET", "/_emulator/health").status for _ in range(110)} == {200}
