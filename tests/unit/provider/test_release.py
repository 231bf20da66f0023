"""From a pushed version to one that serves: what is waited for, checked, promoted, and told when it fails."""

import json
from dataclasses import replace
from typing import Any

import pytest

from baseten_tei.baseten.api import NotFoundError
from baseten_tei.baseten.patience import LONGEST_PAUSE_SECONDS
from baseten_tei.baseten.versions import EnvironmentSettings, Serving, Version
from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.errors import UserError
from baseten_tei.outputs.spaces.fingerprint import fingerprint
from baseten_tei.provider.protocol.cancellation import InterruptedWaitError
from baseten_tei.provider.release.gates.gates import RefusedVersionError
from baseten_tei.provider.release.readiness import FailedDeploymentError
from baseten_tei.provider.release.release import LEFT_OUT, Releasing
from baseten_tei.provider.release.waiting import Waiting, patience_seconds
from baseten_tei.spec.args import EmbeddingArgs
from tests.support.fakes import AUTOSCALING, SETTINGS, Clock, FakeApi, version

INPUTS: dict[str, Any] = {
    "model": "bge",
    "environment": "production",
    "project": "proj",
    "stack": "dev",
    "digest": "new",
    "autoscaling": AUTOSCALING,
    "on_refusal": "keep",
    "keep_deployments": 3,
    "deploy_timeout_minutes": 30,
}
OLD = version("d0", digest="old")


def serving(current: Any = OLD, **more: Any) -> Serving:
    return Serving("production", current, **({"autoscaling": AUTOSCALING} | more))


def baseten(**more: Any) -> FakeApi:
    """`d0` serves production, `d1` is what was just pushed."""
    known = {
        "deployments": {"d0": OLD, "d1": version()},
        "environments": {"production": serving()},
    }
    return FakeApi(**(known | more))


class Gate:
    """What a version says of itself, or why it is refused; and what was asked."""

    def __init__(self, refusal: str | None = None, **told: Any) -> None:
        self.refusal = refusal
        self.ask_emulator = told
        self.asked: list[tuple[str, float]] = []

    def check(
        self, inputs: dict[str, Any], model_id: str, version_id: str, seconds: float
    ) -> dict[str, Any]:
        assert (inputs["model"], model_id) == ("bge", "m1")
        self.asked.append((version_id, seconds))
        if self.refusal:
            raise RefusedVersionError(self.refusal)
        return {"max_input_length": 512, **self.ask_emulator}


def release(
    api: FakeApi,
    gate: Gate | None = None,
    clock: Clock | None = None,
    state: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    clock = clock or Clock()
    waiting = Waiting(clock, clock.sleep)
    releasing = Releasing(api, gate or Gate(), waiting)  # type: ignore[arg-type] # a duck
    return releasing.release(INPUTS | more, state or {})


PROMOTED = ("promote", "m1", "production", "d1", SETTINGS)


def test_a_ready_version_passes_the_gate_and_then_serves() -> None:
    api, gate = baseten(), Gate()
    assert release(api, gate) == {
        "model_id": "m1",
        "deployment_id": "d1",
        "serving_digest": "new",
        "instance_type": "",
        "previous_deployment_id": None,
        "kept_deployment_ids": ["d0"],
        "drift": {},
        "max_input_length": 512,
    }
    assert api.calls == [PROMOTED]
    assert [version_id for version_id, _ in gate.asked] == ["d1"]


def test_what_an_imported_environment_leaves_out_is_as_a_spec_has_it() -> None:
    assert {key: EmbeddingArgs.model_fields[key].default for key in LEFT_OUT} == LEFT_OUT
    clock, gate = Clock(), Gate()
    releasing = Releasing(baseten(), gate, Waiting(clock, clock.sleep))  # type: ignore[arg-type] # a duck
    given = {key: it for key, it in INPUTS.items() if key not in LEFT_OUT}
    assert releasing.release(given, {})["kept_deployment_ids"] == ["d0"]
    assert gate.asked == [("d1", 1800.0)]


def test_a_space_that_stays_keeps_its_fingerprint_and_one_that_moves_does_not() -> None:
    before, noisy = fingerprint([(1.0, 0.0, 2.0)]), fingerprint([(1.0, 0.02, 2.0)])
    moved = fingerprint([(0.0, 1.0, 0.0)])
    assert before != noisy
    for now, outcome in ((before, before), (noisy, before), (moved, moved)):
        told = release(baseten(), Gate(fingerprint=now), state={"fingerprint": before})
        assert told["fingerprint"] == outcome
    assert "fingerprint" not in release(baseten(), state={"fingerprint": before})


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


def test_a_version_that_the_gate_refuses_never_serves_and_is_kept() -> None:
    api = baseten()
    with pytest.raises(UserError, match="it moved"):
        release(api, Gate("model 'bge': it moved"))
    assert api.calls == []


def test_a_refused_version_goes_where_the_spec_says_so_unless_it_serves() -> None:
    api = baseten()
    with pytest.raises(UserError, match="It was deleted"):
        release(api, Gate("no"), on_refusal="delete")
    assert api.calls == [("delete_version", "m1", "d1")]
    first = baseten(deployments={"d1": version(environment="production")})
    with pytest.raises(UserError):
        release(first, Gate("no"), on_refusal="delete")
    assert first.calls == []


def test_the_id_that_serves_is_the_copys_where_baseten_copies() -> None:
    api = baseten(promotes_to="d9", promotion_looks=3)
    assert release(api)["deployment_id"] == "d9"


def test_a_promotion_that_takes_a_while_is_waited_for() -> None:
    clock = Clock()
    assert release(baseten(promotion_looks=5), clock=clock)["deployment_id"] == "d1"
    assert clock.pauses


def test_a_promotion_that_never_ends_is_told_at_the_deadline() -> None:
    clock = Clock()
    with pytest.raises(UserError, match="d1 is still being promoted after 10 minutes"):
        release(baseten(promotion_looks=10**6), clock=clock, deploy_timeout_minutes=10)
    assert clock.now <= 600


def test_a_promotion_that_baseten_gave_up_is_told_in_its_words() -> None:
    told = r"model 'bge': environment 'production': d1 was not promoted \(no capacity\), and what served"
    with pytest.raises(UserError, match=told):
        release(baseten(promotion_error="no capacity"))


def failed_and_retried() -> FakeApi:
    """`d1` failed in an earlier release; a retry would build it again."""
    return baseten(
        deployments={"d1": version(status="BUILD_FAILED")},
        statuses={"d1": ["BUILDING", "ACTIVE"]},
    )


def test_a_version_that_failed_an_earlier_release_is_retried_once() -> None:
    api = failed_and_retried()
    assert release(api, state={"failed_deployment_id": "d1"})["deployment_id"] == "d1"
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
    assert api.calls == [("update_environment", "m1", "production", EnvironmentSettings(changed))]


def test_an_environment_that_is_missing_is_made_with_its_settings_before_it_serves() -> None:
    api = baseten()
    release(api, environment="staging")
    assert api.calls == [
        ("create_environment", "m1", "staging", SETTINGS),
        ("promote", "m1", "staging", "d1", SETTINGS),
    ]


def test_a_version_that_baseten_does_not_know_yet_is_looked_for_again() -> None:
    class Late(FakeApi):
        looks = 0

        def versions(self, model_id: str) -> list[Any]:
            self.looks += 1
            return super().versions(model_id) if self.looks > 3 else []

    api = Late(deployments={"d1": version()}, environments={"production": serving()})
    assert release(api)["deployment_id"] == "d1"


class Unknown(FakeApi):
    """Baseten does not know a deployment for a while after it was made."""

    def __init__(self, looks: int, **more: Any) -> None:
        super().__init__(**more)
        self.looks = looks

    def version(self, model_id: str, deployment_id: str) -> Any:
        self.looks -= 1
        if self.looks >= 0:
            raise NotFoundError(f"no deployment {deployment_id}", status=404)
        return super().version(model_id, deployment_id)


def test_a_deployment_that_is_not_found_just_after_it_was_made_is_asked_for_again() -> None:
    known = {"deployments": {"d1": version()}, "environments": {"production": serving()}}
    assert release(Unknown(3, **known))["deployment_id"] == "d1"
    clock = Clock()
    with pytest.raises(NotFoundError):
        release(Unknown(10**6, **known), clock=clock)
    assert clock.now <= 40


@pytest.mark.parametrize("models", [{}, {"bge": "m1"}])
def test_a_version_that_never_comes_is_told_within_half_a_minute(models: dict[str, str]) -> None:
    clock = Clock()
    with pytest.raises(UserError, match="no deployment of new was found after the push"):
        release(FakeApi(models=models), clock=clock)
    assert clock.now <= 30


@pytest.mark.parametrize("models", [{}, {"bge": "m1"}])
def test_a_version_that_no_push_of_this_operation_brings_is_refused_at_once(
    models: dict[str, str],
) -> None:
    """As when `pulumi up --target` names an environment alone."""
    clock, included = Clock(), ["team/bge", "bgee"]
    waiting, api = Waiting(clock, clock.sleep), FakeApi(models=models)
    releasing = Releasing(api, Gate(), waiting, is_included=included.__contains__)  # type: ignore[arg-type] # a duck
    with pytest.raises(
        UserError, match="this operation does not push one: run `pulumi up` without --target"
    ):
        releasing.release(INPUTS, {})
    assert clock.now <= 2
    included.append("bge")
    with pytest.raises(UserError, match="was found after the push"):
        releasing.release(INPUTS, {})
    assert clock.now > 25


def test_a_version_that_another_operation_pushed_is_released() -> None:
    waiting = Waiting(clock := Clock(), clock.sleep)
    releasing = Releasing(baseten(), Gate(), waiting, is_included=lambda _: False)  # type: ignore[arg-type] # a duck
    assert releasing.release(INPUTS, {})["deployment_id"] == "d1"


def test_a_digest_that_baseten_cut_is_said_after_the_push() -> None:
    api = baseten(deployments={"d0": OLD, "d1": version(digest="ne")})
    with pytest.raises(
        UserError, match="shortened the label config_digest of deployment d1 to 'ne'"
    ):
        release(api)


def named(deployment_id: str, state_id: str) -> Version:
    plain = version(deployment_id, digest="old")
    return replace(plain, labels={**plain.labels, "pulumi_state": state_id})


NAMED = {**INPUTS, "state_id": "st-0123456789"}


def test_an_environment_that_is_made_again_does_not_roll_back_once_more() -> None:
    served = replace(named("d1", "st-0123456789"), environment="production")
    api = baseten(
        deployments={"d0": named("d0", "st-0123456789"), "d1": served},
        environments={"production": serving(served)},
    )
    assert release(api, **NAMED, deployment="previous")["deployment_id"] == "d1"
    assert api.calls == []


def test_what_serves_for_another_state_is_not_replaced() -> None:
    theirs = named("d0", "st-9876543210")
    api = baseten(environments={"production": serving(theirs)})
    with pytest.raises(
        UserError, match=r"serves deployment d0, pushed by stack proj/dev \(state id st-98"
    ):
        release(api, **NAMED)
    assert api.calls == []


@pytest.mark.parametrize(
    ("inputs", "state"),
    [
        ({**NAMED, "adopt": True}, {}),
        (NAMED, {"deployment_id": "d0"}),
        (NAMED, {"kept_deployment_ids": ["d0"]}),
        ({**NAMED, "state_id": "st-9876543210"}, {}),
        (INPUTS, {}),
    ],
    ids=[
        "adopted",
        "known to the state",
        "kept by the state",
        "ours",
        "a program that gives no id",
    ],
)
def test_what_serves_is_replaced_where_it_is_ours_or_taken_over(
    inputs: dict[str, Any], state: dict[str, Any]
) -> None:
    api = baseten(environments={"production": serving(named("d0", "st-9876543210"))})
    assert release(api, state=state, **inputs)["deployment_id"] == "d1"


def test_the_gate_is_given_the_time_that_is_left() -> None:
    gate, clock = Gate(), Clock()
    release(baseten(statuses={"d1": ["BUILDING"] * 10 + ["ACTIVE"]}), gate, clock)
    [(_, seconds)] = gate.asked
    assert seconds == 1800 - clock.now


# --- is it still wanted?


class Moving(FakeApi):
    """While a release waits for `d1`, somebody else lets another version serve."""

    def __init__(self, *served: Any, **more: Any) -> None:
        known = {"deployments": {"d1": version()}, "environments": {"production": serving()}}
        super().__init__(statuses={"d1": ["BUILDING", "ACTIVE"]}, **(known | more))
        self.coming = list(served)

    def version(self, model_id: str, deployment_id: str) -> Any:
        if self.coming:
            self.served["production"] = self.coming.pop(0)
        return super().version(model_id, deployment_id)


@pytest.mark.parametrize("digest", ["newer", ""])
def test_a_version_is_not_promoted_over_one_that_another_release_let_serve_meanwhile(
    digest: str,
) -> None:
    api = Moving(serving(version("d7", digest=digest)))
    with pytest.raises(UserError) as caught:
        release(api)
    assert str(caught.value) == (
        "model 'bge': environment 'production': another release made it serve d7 while this one waited, so d1 is "
        "not promoted: run `pulumi up` again if it still should be"
    )
    assert api.calls == []
    assert release(api)["deployment_id"] == "d1", "the next one begins with what serves now"


IN_FLIGHT = serving(OLD, candidate=version("d7", digest="other"), promotion_status="RUNNING")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (serving(), serving(replace(OLD, id="d9"))),  # Baseten's copy of what served
        (serving(None), serving(None)),
        (serving(None), serving(version())),  # Baseten makes a first version production by itself
        (serving(), serving(version("d9"))),  # a copy of what is wanted
        (
            IN_FLIGHT,
            serving(version("d7", digest="other")),
        ),  # it was on its way when this release began
    ],
)
def test_what_serves_may_move_to_what_a_release_knows_of(first: Serving, then: Serving) -> None:
    api = Moving(then, environments={"production": first})
    assert release(api)["serving_digest"] == "new"


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_a_release_that_nobody_waits_for_promotes_and_makes_nothing(environment: str) -> None:
    def refuse() -> None:
        raise InterruptedWaitError

    api, clock = baseten(), Clock()
    waiting = Waiting(clock, clock.sleep)
    releasing = Releasing(api, Gate(), waiting, refuse_unwanted=refuse)  # type: ignore[arg-type] # ducks
    with pytest.raises(InterruptedWaitError):
        releasing.release(INPUTS | {"environment": environment}, {})
    assert api.calls == []


# --- pins and rollback


def three(**more: Any) -> FakeApi:
    """`d2` serves; `d1` and `d0` were before it."""
    versions = {
        "d0": version("d0", digest="oldest", created_at="2026-11-20", status="SCALED_TO_ZERO"),
        "d1": version("d1", digest="old", created_at="2026-11-21", status="INACTIVE"),
        "d2": version("d2", digest="new", created_at="2026-11-22", environment="production"),
    }
    current = serving(versions["d2"])
    return FakeApi(deployments=versions, environments={"production": current}, **more)


SERVED = {"deployment_id": "d2", "previous_deployment_id": "d1", "digest": "new"}


def test_previous_promotes_what_served_before_and_wakes_it_though_it_was_deactivated() -> None:
    api = three()
    told = release(api, state=SERVED, digest="", deployment="previous")
    assert told["deployment_id"] == "d1"
    assert told["previous_deployment_id"] == "d2"
    assert [call[0] for call in api.calls] == ["activate", "promote"]


def test_previous_stays_what_it_was_on_the_next_release() -> None:
    api = three()
    rolled_back = release(api, state=SERVED, digest="", deployment="previous")
    again = release(
        api, state={**rolled_back, "deployment": "previous"}, digest="", deployment="previous"
    )
    assert again["deployment_id"] == "d1"


@pytest.mark.parametrize("pin", ["d0", "oldest"])
def test_a_pin_by_id_or_digest_promotes_that_version(pin: str) -> None:
    assert release(three(), state=SERVED, digest="", deployment=pin)["deployment_id"] == "d0"


def test_without_the_pin_the_wanted_version_serves_again() -> None:
    api = three()
    rolled_back = release(api, state=SERVED, digest="", deployment="previous")
    told = release(api, state={**rolled_back, "deployment": "previous"})
    assert told["deployment_id"] == "d2"


def test_a_pin_that_is_not_there_is_told_with_what_is() -> None:
    told = "model 'bge': deployment: d9: no such deployment or digest: write one of these ids"
    with pytest.raises(UserError, match=told):
        release(three(), state=SERVED, digest="", deployment="d9")


def test_a_pin_to_a_version_without_our_labels_is_promoted_and_its_copy_is_known() -> None:
    api = three(promotes_to="copy")
    api.deployments["foreign"] = version("foreign", digest="", owner=None)
    told = release(api, state=SERVED, digest="", deployment="foreign")
    assert (told["deployment_id"], told["serving_digest"]) == ("copy", "")


def test_a_pinned_version_tells_the_spec_that_it_was_pushed_with() -> None:
    args = EmbeddingArgs(model_id="a/b", revision="f" * 40, default_prompt="query: ")
    api = three(configs={"d1": build_config("bge", args)})
    told = release(api, state=SERVED, digest="", deployment="previous")
    assert json.loads(told["pinned_spec"]) == {
        "task": "embedding", "model_id": "a/b", "revision": "f" * 40, "default_prompt": "query: ",
        "accelerator": "L4", "max_client_batch_size": 32, "predict_concurrency": 32,
        "max_batch_tokens": 16384, "tokenization_workers": 3,
    }  # fmt: skip
    assert "pinned_spec" not in release(three(), state={**SERVED, "deployment": "previous"})


def test_a_pinned_version_whose_config_cannot_be_read_is_released_with_a_warning() -> None:
    lines: list[str] = []
    clock = Clock()
    releasing = Releasing(three(), Gate(), Waiting(clock, clock.sleep), lines.append)  # type: ignore[arg-type]
    told = releasing.release(INPUTS | {"digest": "", "deployment": "d0"}, SERVED)
    assert told["pinned_spec"] == ""
    [line] = lines
    assert "the config of the pinned deployment d0 cannot be read" in line


def test_the_spaces_of_what_served_and_is_kept_stay_known() -> None:
    first, second = fingerprint([(1.0, 0.0, 2.0)]), fingerprint([(0.0, 1.0, 0.0)])
    before = {**SERVED, "serving_digest": "new", "fingerprint": first}
    told = release(
        three(), Gate(fingerprint=second), state=before, digest="", deployment="previous"
    )
    assert told["spaces"] == {
        "d1": {"digest": "old", "fingerprint": second},
        "d2": {"digest": "new", "fingerprint": first},
    }
    gone = {"d9": {"digest": "older", "fingerprint": first}}
    again = release(three(), Gate(fingerprint=first), state={**told, "spaces": gone})
    assert set(again["spaces"]) == {"d1", "d2"}


# --- older versions, rotation, promotions of others


def test_versions_beyond_keep_deployments_are_deleted_after_a_success() -> None:
    api = three()
    api.deployments["d3"] = version("d3", digest="newer", created_at="2026-11-23")
    told = release(api, digest="newer", keep_deployments=1, state=SERVED)
    assert told["deployment_id"] == "d3"
    assert told["kept_deployment_ids"] == ["d1"]
    assert [call[2] for call in api.calls if call[0] == "delete_version"] == ["d0"]


def test_an_old_version_that_cannot_be_deleted_fails_no_release() -> None:
    class Stubborn(FakeApi):
        def delete_version(self, model_id: str, deployment_id: str) -> None:
            raise UserError(f"Baseten answered 500: not {model_id}/{deployment_id}")

    api, clock, warnings = Stubborn(**vars_of(three())), Clock(), list[str]()
    waiting = Waiting(clock, clock.sleep)
    releasing = Releasing(api, Gate(), waiting, warnings.append)  # type: ignore[arg-type] # a duck
    told = releasing.release(INPUTS | {"keep_deployments": 0}, SERVED)
    assert told["deployment_id"] == "d2"
    assert warnings == [
        "model 'bge': older deployments were not all removed: Baseten answered 500: not m1/d1"
    ]


def vars_of(api: FakeApi) -> dict[str, Any]:
    return {"deployments": api.deployments, "environments": api.served}


def test_a_new_token_starts_what_serves_anew_and_a_new_version_needs_no_second_start() -> None:
    state = {**SERVED, "serving_digest": "new", "secret_generation": "1"}
    rotated = three()
    told = release(rotated, state=state, secret_generation="2")
    assert rotated.calls[0] == ("promote", "m1", "production", "d2", SETTINGS, "redeploy")
    assert told["deployment_id"] == "d2-copy"
    assert told["previous_deployment_id"] == "d1", "the same version, only started anew"
    pushed = three()
    pushed.deployments["d3"] = version("d3", digest="newer", created_at="2026-11-23")
    release(pushed, state=state, digest="newer", secret_generation="2")
    assert [call for call in pushed.calls if call[0] == "promote"] == [
        ("promote", "m1", "production", "d3", SETTINGS)
    ]


def test_a_promotion_that_a_killed_up_began_is_waited_for_and_not_begun_again() -> None:
    candidate = version()
    begun = replace(serving(), candidate=candidate, promotion_status="RAMPING_UP")
    api = baseten(environments={"production": begun}, promotion_looks=4)
    assert release(api)["deployment_id"] == "d1"
    assert api.calls == []


def test_a_promotion_of_another_that_never_ends_is_told_and_left_alone() -> None:
    begun = replace(serving(), candidate=OLD, promotion_status="PAUSED")
    api = baseten(environments={"production": begun}, promotion_looks=10**6)
    with pytest.raises(UserError, match="another promotion into it is still under way"):
        release(api, deploy_timeout_minutes=10)
    assert api.calls == []


def test_a_failure_of_an_earlier_promotion_is_no_failure_of_this_one() -> None:
    failed = replace(serving(), promotion_status="FAILED", promotion_error="no capacity")
    api = baseten(environments={"production": failed}, promotion_looks=2)
    assert release(api)["deployment_id"] == "d1"


def test_no_capacity_is_told_as_what_it_may_be() -> None:
    api = baseten(statuses={"d1": ["DEPLOYING"]})
    with pytest.raises(UserError, match="may have no free instance of its type"):
        release(api, deploy_timeout_minutes=10)


def test_a_status_that_nobody_knows_is_waited_out() -> None:
    assert release(baseten(statuses={"d1": ["PONDERING", "ACTIVE"]}))["deployment_id"] == "d1"


def test_a_job_that_has_to_end_shortens_every_deadline() -> None:
    api, clock = baseten(statuses={"d1": ["BUILDING"]}), Clock()
    waiting = Waiting(clock, clock.sleep)
    short = patience_seconds("60")
    releasing = Releasing(api, Gate(), waiting, patience_seconds=short)  # type: ignore[arg-type] # a duck
    with pytest.raises(UserError, match="deployment d1 is BUILDING after 1 minutes"):
        releasing.release(INPUTS, {})
    assert clock.now <= 60
    assert patience_seconds(None) is None
    with pytest.raises(UserError, match="'soon' is not a number of seconds"):
        patience_seconds("soon")


# --- regions


def region_of(api: FakeApi) -> str:
    current = api.served["production"].current
    return current.region if current else "nothing serves"


def test_a_region_comes_with_the_promotion() -> None:
    api = baseten()
    assert release(api, region="eu")["deployment_id"] == "d1-copy"
    assert region_of(api) == "eu"


def test_a_first_version_that_baseten_made_production_by_itself_is_moved() -> None:
    api = baseten(environments={"production": serving(version())})
    release(api, region="eu")
    assert region_of(api) == "eu"
    calls = list(api.calls)
    release(api, region="eu")
    assert (api.calls, region_of(api)) == (calls, "eu"), "it is there already"


def test_a_region_is_left_by_the_word_global_alone() -> None:
    api = baseten(environments={"production": serving(version(region="eu"))})
    release(api)
    assert region_of(api) == "eu"
    release(api, region="global")
    assert region_of(api) == ""


def test_a_region_that_the_account_has_not_is_refused_before_anything_is_waited_for() -> None:
    api, gate = baseten(), Gate()
    with pytest.raises(
        UserError, match="region 'mars' is not one of your organization, which has us, eu"
    ):
        release(api, gate, region="mars")
    assert (api.calls, gate.asked) == ([], [])
    api.listed_regions = []
    with pytest.raises(UserError, match="has none to choose: write one of them, region: global"):
        release(api, region="eu")


def test_a_region_that_is_not_enabled_is_named_with_what_still_holds() -> None:
    api = baseten()
    api.enabled_regions = []
    with pytest.raises(
        UserError, match=r"region 'eu' is not allowed.* serves on .*leave region out"
    ):
        release(api, region="eu")
    assert region_of(api) == ""
