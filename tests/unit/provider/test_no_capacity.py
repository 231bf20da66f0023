"""A release that finds no free machine: what it says, what the state remembers, and what the next `up` does first."""

from typing import Any

import pytest

from baseten_tei.baseten.api import ApiError
from baseten_tei.baseten.startups import Phase, Startup
from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import PartlyDoneError
from baseten_tei.provider.release.readiness import FailedDeploymentError, Readiness
from baseten_tei.provider.release.release import Releasing
from baseten_tei.provider.release.waiting import Waiting
from baseten_tei.provider.resources.environment import EnvironmentResource
from baseten_tei.provider.resources.model import ModelResource
from baseten_tei.spec.args import EmbeddingArgs
from tests.support.corpus import COMMIT, HEALTHY, healthy_facts
from tests.support.fakes import AUTOSCALING, Clock, FakeApi, version

NOW = 1_780_000_000.0
_SCHEDULING = (Phase("SCHEDULING", "FAILED", 0.0, None),)
STALLED = Startup("STALLED", 1080.0, _SCHEDULING)
JUST_BEGUN = Startup("STALLED", 15.0, _SCHEDULING)
LOADING = Startup("IN_PROGRESS", 40.0, (Phase("WEIGHT_DOWNLOAD", "IN_PROGRESS", 10.0, None),))
TURNS = [
    {"accelerator": "L4", "digest": "new", "instance_type": "L4:4x16"},
    {"accelerator": "A10G", "digest": "second", "instance_type": "A10Gx4x16"},
]
INPUTS: dict[str, Any] = {
    "model": "bge", "environment": "production", "project": "proj", "stack": "dev", "digest": "new",
    "autoscaling": AUTOSCALING, "on_refusal": "keep", "keep_deployments": 3, "deploy_timeout_minutes": 30,
}  # fmt: skip
FACTS = healthy_facts("embedding")
LOCK = {(FACTS.model_id, "main"): FACTS}
CONFIG = build_config(
    "bge", EmbeddingArgs(model_id=HEALTHY["embedding"]["model_id"], revision=COMMIT)
)


def waiting_for(status: str = "DEPLOYING", **more: Any) -> FakeApi:
    """`d1` is under way on an L4, and stays in this status."""
    found = {
        "deployments": {"d1": version(instance_type="L4:4x16")},
        "statuses": {"d1": [status]},
        "startups": {"d1": STALLED},
        "configs": {"d1": CONFIG},
    }
    return FakeApi(**(found | more))


def wait(
    api: FakeApi, clock: Clock | None = None, told: list[str] | None = None, **more: Any
) -> FailedDeploymentError:
    """How waiting for it ends."""
    clock = clock or Clock()
    waiting = Waiting(clock, clock.sleep, ([] if told is None else told).append)
    readiness = Readiness(api, waiting, lambda _: LOCK, lambda: NOW)  # type: ignore[arg-type] # a duck
    with pytest.raises(FailedDeploymentError) as caught:
        readiness.ready(INPUTS | more, "m1", api.deployments["d1"], None, 1800.0)
    return caught.value


def test_an_error_names_phase_minutes_gpu_and_what_else_holds_the_model_with_prices() -> None:
    line = wait(waiting_for(startups={"d1": JUST_BEGUN})).problems[0]
    assert line.startswith(
        "model 'bge': deployment d1 is DEPLOYING after 30 minutes: no free L4 for 30 min (scheduling): wait "
        "on with `pulumi up`, "
        "or write accelerator: T4; what holds the model: T4 ($0.01052 a minute), A10G ($0.02012 a minute), "
    )
    assert "; L4 is $0.01414. Its last log lines:" in line


def test_without_a_lock_no_gpu_is_named_as_one_that_holds_the_model() -> None:
    other = version(instance_type="L4:4x16")
    line = wait(waiting_for(configs={"d1": {}}, deployments={"d1": other})).problems[0]
    assert (
        "no free L4 for 48 min (scheduling): wait on with `pulumi up`, write another accelerator, or"
        in line
    )


@pytest.mark.parametrize("status", [403, 404])
def test_a_baseten_without_startups_is_asked_once_and_its_status_is_told(status: int) -> None:
    api = waiting_for(startups={"d1": ApiError("none", status=status)})
    line = wait(api).problems[0]
    assert "DEPLOYING after 30 minutes: Baseten may have no free instance of its type: wait" in line
    assert api.startup_asked == 1


def test_startups_that_cannot_be_had_at_times_are_asked_for_again() -> None:
    api = waiting_for(startups={"d1": ApiError("later", status=503)})
    assert "may have no free instance" in wait(api).problems[0]
    assert api.startup_asked > 1


def test_startups_are_asked_for_every_fifteen_seconds_and_at_the_end() -> None:
    api, clock, told = waiting_for(), Clock(), list[str]()
    wait(api, clock, told)
    assert api.startup_asked <= clock.now / 15 + 1
    assert api.startup_asked > clock.now / 25
    assert "d1 is DEPLOYING: no free L4 for 18 min (scheduling)" in told[:2]
    short = waiting_for("DEPLOY_FAILED")
    wait(short)
    assert short.startup_asked == 1


def test_what_is_late_while_it_loads_says_so_and_has_nothing_to_do_with_capacity() -> None:
    error = wait(waiting_for("LOADING_MODEL", startups={"d1": LOADING}), accelerators=TURNS)
    assert "is LOADING_MODEL after 30 minutes: weights for 30 s: look at its logs" in str(error)
    assert error.lack is None


def test_a_build_that_failed_is_no_startup() -> None:
    api = waiting_for("BUILD_FAILED")
    assert "ended as BUILD_FAILED: fix what the log says" in wait(api).problems[0]
    assert api.startup_asked == 0


def test_what_baseten_gave_up_for_lack_of_a_machine_is_told_as_that() -> None:
    error = wait(waiting_for("DEPLOY_FAILED"), accelerators=TURNS)
    assert (
        "ended as DEPLOY_FAILED: no free L4 for 18 min (scheduling): write on_no_capacity: next, and"
        in str(error)
    )
    assert error.lack == {
        "digest": "new",
        "accelerator": "L4",
        "deployment_id": "d1",
        "minutes": 18,
        "at": "2026-05-28T20:26:40+00:00",
    }


def test_with_a_list_the_error_names_the_next_gpu_and_the_line_to_write() -> None:
    line = wait(waiting_for(), accelerators=TURNS).problems[0]
    assert (
        "no free L4 for 48 min (scheduling): write on_no_capacity: next, and the next `pulumi up` pushes it "
        "for A10G ($0.02012 a "
        "minute instead of $0.01414): same model, same endpoint; or wait on with `pulumi up`; what else holds "
        "it: T4 ($0.01052 a minute), "
    ) in line
    line = wait(waiting_for(), accelerators=TURNS, on_no_capacity="next").problems[0]
    assert (
        "no free L4 for 48 min (scheduling): the next `pulumi up` pushes it for A10G ($0.02012"
        in line
    )
    api = waiting_for(deployments={"d1": version(digest="second", instance_type="A10Gx4x16")})
    line = wait(api, accelerators=TURNS, on_no_capacity="next").problems[0]
    assert (
        "A10G is the last of accelerators, so the next `pulumi up` begins again and pushes" in line
    )
    assert "the last" not in str(wait(api, accelerators=TURNS[1:], on_no_capacity="next"))
    pinned = waiting_for(deployments={"d1": version(digest="of another spec")})
    error = wait(pinned, accelerators=TURNS, on_no_capacity="next", deployment="d1")
    assert ("wait on with `pulumi up`" in str(error), error.lack) == (True, None)


def test_what_baseten_gave_up_is_waited_for_unless_the_spec_takes_the_next_gpu() -> None:
    def given_up() -> FakeApi:
        return waiting_for(statuses={"d1": ["DEPLOYING"] * 12 + ["INACTIVE", "DEPLOYING"]})

    patient, giving_way = given_up(), given_up()
    assert "is DEPLOYING after 30 minutes" in str(wait(patient, accelerators=TURNS))
    assert ("activate", "m1", "d1") in patient.calls
    error = wait(giving_way, accelerators=TURNS, on_no_capacity="next")
    assert "ended as INACTIVE: no free L4 for 18 min (scheduling)" in str(error)
    assert giving_way.calls == []


class Fails:
    """A release that finds no machine."""

    def release(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        del state
        lack = {"digest": inputs["digest"], "accelerator": "L4", "deployment_id": "d1"}
        raise FailedDeploymentError("d1", "no free L4", lack={**lack, "minutes": 30, "at": "now"})


class Succeeds:
    """A release that works."""

    def release(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        del state
        found = {"model_id": "m1", "deployment_id": "d2"}
        return {**found, "serving_digest": inputs["digest"]}


def test_the_state_remembers_a_lack_until_that_version_or_another_spec_serves() -> None:
    inputs = INPUTS | {"accelerators": TURNS, "on_no_capacity": "next"}
    failing = EnvironmentResource(FakeApi(), Fails())  # type: ignore[arg-type] # ducks
    with pytest.raises(PartlyDoneError) as caught:
        failing.create(inputs)
    state = caught.value.state
    [known] = state["no_capacity"]
    assert (known["digest"], known["deployment_id"]) == ("new", "d1")
    working = EnvironmentResource(FakeApi(), Succeeds())  # type: ignore[arg-type] # ducks
    second = inputs | {"digest": "second"}
    served = working.update("id", state, second)
    assert served["no_capacity"] == [{k: v for k, v in known.items() if k != "deployment_id"}]
    assert working.diff(served, second).paths == ()
    rescaled = second | {"autoscaling": AUTOSCALING | {"max_replica": 2}}
    api = FakeApi(environments={"production": None})  # type: ignore[dict-item]
    api.update_environment = lambda *_: "ACCEPTED"  # type: ignore[method-assign]
    resource = EnvironmentResource(api, Succeeds())  # type: ignore[arg-type] # ducks
    kept = resource.update("id", served, rescaled)
    assert kept["no_capacity"] == served["no_capacity"]
    assert "no_capacity" not in working.update("id", state, inputs)
    other = [{"accelerator": "L4", "digest": "other"}]
    assert "no_capacity" not in working.update(
        "id", state, inputs | {"digest": "other", "accelerators": other}
    )


def test_the_list_alone_is_no_change() -> None:
    resource = EnvironmentResource(FakeApi(), Succeeds())  # type: ignore[arg-type] # ducks
    more = INPUTS | {"accelerators": TURNS, "on_no_capacity": "next"}
    assert resource.diff(INPUTS, more).paths == ()
    model = {"name": "bge", "digest": "new", "project": "proj", "stack": "dev"}
    taken = ModelResource(FakeApi())  # type: ignore[arg-type] # a duck
    assert taken.diff(model, model | {"other_digests": ["second"]}).paths == ()


def test_what_still_waits_for_another_gpu_is_stopped_before_the_next_one_is_pushed() -> None:
    waits = version("d1", "DEPLOYING", "new")
    serves, other = version("d2", "ACTIVE", "third"), version("d3", "DEPLOYING", "of another spec")
    api = FakeApi(deployments={it.id: it for it in (waits, serves, other)})
    inputs = {"name": "bge", "digest": "second", "project": "proj", "stack": "dev"}
    state = {**inputs, "digest": "new", "generation": "1", "drift": "", "adopted": False}
    resource = ModelResource(api)  # type: ignore[arg-type] # a duck
    resource.update("bge", state, inputs | {"other_digests": ["new", "third"]})
    assert api.calls == [("deactivate", "m1", "d1")]

    def refuse(*_: Any) -> None:
        raise ApiError("Baseten answered 400: it is deploying", status=400)

    stuck = FakeApi(deployments={"d1": waits})
    stuck.deactivate = refuse  # type: ignore[method-assign]
    resource = ModelResource(stuck)  # type: ignore[arg-type] # a duck
    with pytest.raises(
        UserError, match=r"d1 still waits .* \(Baseten answered 400: it is deploying\): delete"
    ):
        resource.update("bge", state, inputs | {"other_digests": ["new"]})


def test_what_found_no_machine_goes_once_another_gpu_serves() -> None:
    refused = version("d1", "INACTIVE", "new")
    served = version("d2", digest="second", created_at="2026-11-23T00:00:00")
    older = version("d0", digest="old")
    api = FakeApi(deployments={it.id: it for it in (refused, served, older)})

    class Gate:
        def check(self, *_: Any) -> dict[str, Any]:
            return {}

    clock = Clock()
    releasing = Releasing(api, Gate(), Waiting(clock, clock.sleep))  # type: ignore[arg-type] # ducks
    state = {"no_capacity": [{"digest": "new", "deployment_id": "d1", "at": "now"}]}
    found = releasing.release(INPUTS | {"digest": "second"}, state)
    assert found["kept_deployment_ids"] == ["d0"]
    assert ("delete_version", "m1", "d1") in api.calls
    assert sorted(api.deployments) == ["d0", "d2"]


def test_an_interrupt_while_startups_are_asked_for_ends_the_wait() -> None:
    api = waiting_for()

    def interrupted(*_: Any) -> None:
        raise UserError("interrupted: run `pulumi up` to go on")

    api.startup = interrupted  # type: ignore[method-assign]
    clock = Clock()
    readiness = Readiness(api, Waiting(clock, clock.sleep))  # type: ignore[arg-type] # a duck
    with pytest.raises(UserError, match="interrupted"):
        readiness.ready(INPUTS, "m1", api.deployments["d1"], None, 1800.0)


@pytest.mark.parametrize("status", ["ACTIVE", "DEPLOYING", "INACTIVE"])
def test_a_refresh_forgets_a_lack_whose_deployment_got_its_machine(status: str) -> None:
    api, warned = FakeApi(deployments={"d1": version("d1", status)}), list[str]()
    lack = {"digest": "new", "accelerator": "L4", "deployment_id": "d1", "at": "now"}
    older = {"digest": "gone", "accelerator": "T4", "at": "before"}
    resource = EnvironmentResource(api, Succeeds(), warned.append)  # type: ignore[arg-type] # ducks
    state = {**INPUTS, "no_capacity": [older, lack]}
    found = resource.read("bge/production", INPUTS, state).state
    free = status == "ACTIVE"
    assert found["no_capacity"] == ([older] if free else [older, lack])
    said = "model 'bge': deployment d1 got its L4 after all and is ACTIVE, so the next `pulumi up` goes on with it"
    assert warned == ([said] if free else [])
