"""From a pushed version to one that serves: what is waited for, checked, promoted, and told when it fails."""

from collections.abc import Mapping
from typing import Any

import pytest
from fakes import AUTOSCALING, Clock, FakeApi, version

from baseten_tei.baseten_api import Serving
from baseten_tei.errors import UserError
from baseten_tei.provider.releasing import LONGEST_PAUSE_SECONDS, FailedDeploymentError, Releasing

INPUTS: dict[str, Any] = {
    "model": "bge",
    "environment": "production",
    "digest": "new",
    "expected": {
        "task": "embedding",
        "model_id": "BAAI/bge-base-en-v1.5",
        "tei_version": "1.8.3",
        "gpu": True,
    },
    "autoscaling": AUTOSCALING,
    "deploy_timeout_minutes": 30,
}
INFO: dict[str, Any] = {
    "model_id": "/models/BAAI/bge-base-en-v1.5",
    "model_type": {"embedding": {"pooling": "cls"}},
    "version": "1.8.3",
    "model_dtype": "float16",
    "max_batch_requests": None,
    "max_input_length": 512,
}
OLD = version("d0", digest="old")


def serving(current: Any = OLD, **more: Any) -> Serving:
    settings = {"autoscaling": AUTOSCALING, "promoting": False, "promotion_error": None} | more
    return Serving(current, **settings)


def baseten(**more: Any) -> FakeApi:
    """`d0` serves production, `d1` is what was just pushed."""
    known = {
        "deployments": {"d0": OLD, "d1": version()},
        "environments": {"production": serving()},
    }
    return FakeApi(**(known | more))


class Router:
    """What `/info` says, and what it was asked."""

    def __init__(self, **more: Any) -> None:
        self.info = INFO | more
        self.asked: list[tuple[str, float]] = []

    def __call__(self, url: str, seconds: float) -> Mapping[str, Any]:
        self.asked.append((url, seconds))
        return self.info


def release(
    api: FakeApi, router: Router | None = None, clock: Clock | None = None, **more: Any
) -> dict[str, Any]:
    clock = clock or Clock()
    releasing = Releasing(api, router or Router(), clock, clock.sleep)  # type: ignore[arg-type] # duck
    return releasing.release(INPUTS | more)


PROMOTED = ("promote", "m1", "production", "d1", AUTOSCALING)


def test_a_ready_version_is_checked_and_then_serves() -> None:
    api, router = baseten(), Router()
    told = release(api, router)
    assert told == {"model_id": "m1", "deployment_id": "d1", "max_input_length": 512}
    assert api.calls == [PROMOTED]
    assert [url for url, _ in router.asked] == ["http://127.0.0.1:9/hosts/model-m1/deployment/d1"]


@pytest.mark.parametrize("status", ["ACTIVE", "SCALED_TO_ZERO", "WAKING_UP"])
def test_what_can_serve_is_ready(status: str) -> None:
    api = baseten(statuses={"d1": ["BUILDING", "DEPLOYING", "LOADING_MODEL", "UPDATING", status]})
    assert release(api)["deployment_id"] == "d1"
    assert api.calls == [PROMOTED]


def test_pauses_grow_to_five_seconds_and_no_further() -> None:
    clock = Clock()
    release(baseten(statuses={"d1": ["BUILDING"] * 20 + ["ACTIVE"]}), clock=clock)
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[-1] == LONGEST_PAUSE_SECONDS
    assert len(clock.pauses) == 20


@pytest.mark.parametrize("status", ["BUILD_FAILED", "BUILD_STOPPED", "DEPLOY_FAILED", "FAILED"])
def test_a_version_that_fails_is_told_with_its_last_log_lines_and_nothing_is_promoted(
    status: str,
) -> None:
    api = baseten(statuses={"d1": ["BUILDING", status]}, logs=[f"line {n}" for n in range(40)])
    with pytest.raises(UserError) as caught:
        release(api)
    first, *lines = caught.value.problems
    assert first.startswith(f"model 'bge': deployment d1 ended as {status}: ")
    assert "pulumi up" in first
    assert lines == [f"  line {n}" for n in range(28, 40)]
    assert api.calls == []


def test_a_failure_whose_logs_cannot_be_had_is_still_told() -> None:
    api = baseten(statuses={"d1": ["FAILED"]}, logs=UserError("Baseten answered 500: no"))
    api.deployments["d1"] = version(status="BUILDING")
    with pytest.raises(UserError, match="no logs: Baseten answered 500: no"):
        release(api)


def test_a_version_that_is_not_ready_by_its_deadline_is_told_and_not_promoted() -> None:
    api, clock = baseten(statuses={"d1": ["LOADING_MODEL"]}), Clock()
    with pytest.raises(UserError) as caught:
        release(api, clock=clock, deploy_timeout_minutes=10)
    assert "deployment d1 is LOADING_MODEL after 10 minutes" in str(caught.value)
    assert "deploy_timeout_minutes" in str(caught.value)
    assert 590 <= clock.now <= 600
    assert api.calls == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"model_type": {"reranker": {}}},
            "serves a reranker, not a embedding: write task: reranker",
        ),
        ({"model_type": {}}, "serves a nothing, not a embedding"),
        ({"model_id": "/models/other/model"}, "serves /models/other/model, not BAAI/bge-base"),
        ({"version": "1.9.3"}, "runs TEI 1.9.3, not 1.8.3"),
        ({"model_dtype": "float32", "max_batch_requests": 4}, "runs on the CPU"),
        ({"model_dtype": "float32", "max_batch_requests": 8}, "runs on the CPU"),
    ],
)
def test_a_router_that_is_not_what_was_asked_for_never_serves(
    said: dict[str, Any], told: str
) -> None:
    api = baseten()
    with pytest.raises(UserError) as caught:
        release(api, Router(**said))
    assert told in str(caught.value)
    assert "it was not promoted, and what served before serves on" in str(caught.value)
    assert api.calls == []


def test_a_cpu_is_no_mistake_where_one_was_asked_for() -> None:
    router = Router(model_dtype="float32", max_batch_requests=4)
    release(baseten(), router, expected=INPUTS["expected"] | {"gpu": False})


def test_the_id_that_serves_is_the_copys_where_baseten_copies() -> None:
    api = baseten(promotes_to="d9", promotion_looks=3)
    assert release(api)["deployment_id"] == "d9"


def test_a_promotion_that_takes_a_while_is_waited_for() -> None:
    clock = Clock()
    assert release(baseten(promotion_looks=5), clock=clock)["deployment_id"] == "d1"
    assert clock.pauses


def test_a_promotion_that_never_ends_is_told_at_the_deadline() -> None:
    clock = Clock()
    with pytest.raises(UserError, match="still being promoted into production after 10 minutes"):
        release(baseten(promotion_looks=10**6), clock=clock, deploy_timeout_minutes=10)
    assert clock.now <= 600


def test_a_promotion_that_baseten_gave_up_is_told_in_its_words() -> None:
    with pytest.raises(UserError, match="model 'bge': not promoted: no capacity"):
        release(baseten(promotion_error="no capacity"))


def failed_and_retried() -> FakeApi:
    """`d1` failed in an earlier release; a retry would build it again."""
    return baseten(
        deployments={"d1": version(status="BUILD_FAILED")},
        statuses={"d1": ["BUILDING", "ACTIVE"]},
    )


def test_a_version_that_failed_an_earlier_release_is_retried_once() -> None:
    api, clock = failed_and_retried(), Clock()
    releasing = Releasing(api, Router(), clock, clock.sleep)  # type: ignore[arg-type] # duck
    assert releasing.release(INPUTS, failed_before="d1")["deployment_id"] == "d1"
    assert api.calls == [("retry", "m1", "d1"), PROMOTED]


def test_a_failure_says_which_version_failed_so_that_the_next_release_can_retry_it() -> None:
    api = baseten(deployments={"d1": version(status="BUILD_FAILED")})
    with pytest.raises(FailedDeploymentError) as caught:
        release(api)
    assert caught.value.deployment_id == "d1"
    assert api.calls == []


def test_a_version_that_was_deactivated_is_woken_once() -> None:
    api = baseten(
        deployments={"d1": version(status="INACTIVE")},
        statuses={"d1": ["INACTIVE", "INACTIVE", "WAKING_UP"]},
    )
    release(api)
    assert api.calls == [("activate", "m1", "d1"), PROMOTED]


def test_a_version_that_goes_to_sleep_while_we_wait_is_woken() -> None:
    api = baseten(statuses={"d1": ["BUILDING", "INACTIVE", "INACTIVE", "ACTIVE"]})
    api.deployments["d1"] = version(status="BUILDING")
    release(api)
    assert api.calls == [("activate", "m1", "d1"), PROMOTED]


def test_the_newest_version_of_the_digest_is_the_one_that_is_released() -> None:
    api = baseten(
        deployments={
            "d1": version(status="FAILED", created_at="2026-11-22T01:00:00"),
            "d2": version("d2", created_at="2026-11-22T02:00:00"),
            "d3": version("d3", digest="other", created_at="2026-11-22T03:00:00"),
        }
    )
    assert release(api)["deployment_id"] == "d2"


def test_a_version_that_serves_already_is_not_promoted_again() -> None:
    api = baseten(environments={"production": serving(version())})
    assert release(api)["deployment_id"] == "d1"
    assert api.calls == []


def test_a_version_that_serves_already_gets_the_settings_it_should_have() -> None:
    changed = AUTOSCALING | {"max_replica": 3}
    api = baseten(environments={"production": serving(version())})
    release(api, autoscaling=changed)
    assert api.calls == [("set_autoscaling", "m1", "production", changed)]


def test_an_environment_that_is_missing_is_made_with_its_settings_before_it_serves() -> None:
    api = baseten()
    release(api, environment="staging")
    assert api.calls == [
        ("create_environment", "m1", "staging", AUTOSCALING),
        ("promote", "m1", "staging", "d1", AUTOSCALING),
    ]


def test_a_version_that_baseten_does_not_know_yet_is_looked_for_again() -> None:
    class Late(FakeApi):
        looks = 0

        def versions(self, model_id: str) -> list[Any]:
            self.looks += 1
            return super().versions(model_id) if self.looks > 3 else []

    api = Late(deployments={"d1": version()}, environments={"production": serving()})
    assert release(api)["deployment_id"] == "d1"


@pytest.mark.parametrize("models", [{}, {"bge": "m1"}])
def test_a_version_that_never_comes_is_told_within_half_a_minute(models: dict[str, str]) -> None:
    clock = Clock()
    with pytest.raises(UserError, match="no deployment of new was found after the push"):
        release(FakeApi(models=models), clock=clock)
    assert clock.now <= 30


def test_the_router_is_given_the_time_that_is_left() -> None:
    router, clock = Router(), Clock()
    release(baseten(statuses={"d1": ["BUILDING"] * 10 + ["ACTIVE"]}), router, clock)
    [(_, seconds)] = router.asked
    assert seconds == 1800 - clock.now
