"""How a call is made: tried again where that is safe, looked up first where it is not, and told in one line."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from baseten_tei.baseten.api import ApiError, BasetenApi, NotFoundError
from baseten_tei.baseten.api.retries import ATTEMPTS
from baseten_tei.baseten.versions import EnvironmentSettings
from baseten_tei.errors import UserError
from tests.support.mock_baseten import (
    KEY,
    LIMITED,
    Answer,
    Connect,
    a_deployment,
    a_model,
    a_promotion,
    an_environment,
)
from tests.support.mock_baseten import connect as connect_to

MODELS = (200, {"models": [a_model("m1", "bge", "search")]})
SETTINGS = EnvironmentSettings({"max_replica": 2})
CUT = (200, b'{"models": [{"id": "m')
BAD_GATEWAY = (502, "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")
RESET = httpx.ReadError("reset")
DEPLOYMENT = "/v1/models/m1/deployments/d1"
ENVIRONMENT = "/v1/models/m1/environments/production"
PASSING: list[Answer] = [
    LIMITED, (500, "oops"), BAD_GATEWAY, (503, "busy"), (504, "{}"),
    RESET, httpx.ConnectError("refused"), httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
]  # fmt: skip
OPEN: list[Answer] = [
    (500, "oops"), BAD_GATEWAY, (503, "busy"), (504, ""), (200, b'{"id": '),
    RESET, httpx.ReadTimeout("slow"),
]  # fmt: skip
"""Failures after which a call may have taken effect all the same."""


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Connect:
    return lambda answers: connect_to(monkeypatch, answers)


# --- what is safe to repeat


@pytest.mark.parametrize("failure", [*PASSING, CUT], ids=str)
def test_a_look_is_repeated_after_whatever_may_pass(connected: Connect, failure: Answer) -> None:
    server, api = connected({"GET /v1/models": [failure, failure, MODELS]})
    assert api.find_model("bge", None) == "m1"
    assert len(server.pauses) == 2


@pytest.mark.parametrize("failure", PASSING, ids=str)
def test_a_change_that_is_the_same_the_second_time_is_repeated(
    connected: Connect, failure: Answer
) -> None:
    told = {"environment": an_environment("production", "d1"), "status": "ACCEPTED", "message": ""}
    secret = {"id": "s1", "created_at": "2026-11-22T00:00:00Z", "name": "x", "team_name": "search"}
    server, api = connected(
        {
            f"PATCH {ENVIRONMENT}": [failure, (200, told)],
            "POST /v1/secrets": [failure, (200, secret)],
        }
    )
    assert api.update_environment("m1", "production", SETTINGS) == "ACCEPTED"
    api.upsert_secret("x", "v", None)
    assert server.calls == [f"PATCH {ENVIRONMENT}"] * 2 + ["POST /v1/secrets"] * 2


def test_baseten_is_asked_again_after_as_long_as_it_says(connected: Connect) -> None:
    server, api = connected({"GET /v1/models": [LIMITED, LIMITED, MODELS]})
    assert api.find_model("bge", None) == "m1"
    assert server.pauses == [37.0, 37.0]


def test_pauses_double_where_baseten_says_nothing_and_chance_takes_a_part_of_each(
    connected: Connect,
) -> None:
    server, api = connected({"GET /v1/models": [(503, ""), (502, ""), (504, ""), MODELS]})
    assert api.find_model("bge", None) == "m1"
    assert server.pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(("asked", "waited"), [(10**6, 60.0), (-5, 0.0), (None, 1.0), ("x", 1.0)])
def test_no_answer_makes_us_wait_more_than_a_minute(
    connected: Connect, asked: object, waited: float
) -> None:
    server, api = connected({"GET /v1/models": [(429, {"retry_after": asked}), MODELS]})
    api.find_model("bge", None)
    assert server.pauses == [waited]


@pytest.mark.parametrize("failure", [*PASSING, CUT], ids=str)
def test_what_does_not_pass_is_told_after_the_last_try(connected: Connect, failure: Answer) -> None:
    server, api = connected({"GET /v1/models": failure})
    with pytest.raises(ApiError) as caught:
        api.find_model("bge", None)
    assert len(caught.value.problems) == 1
    assert len(server.asked) == ATTEMPTS
    assert len(server.pauses) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {"error": "Unauthorized"}), "Baseten refused the API key (401): check BASETEN_API_KEY"),
        ((403, {"message": "no\nway"}), "Baseten does not allow this (403: no way): "),
        ((400, {"message": "bad\nname"}), "Baseten answered 400: bad name"),
        ((200, "<h1>log in</h1>"), "https://api.baseten.co does not answer as Baseten does: check"),
        ((200, {"models": 3}), "https://api.baseten.co does not answer as Baseten does (models: Input"),
    ],
)  # fmt: skip
def test_what_cannot_pass_is_told_in_one_line_and_not_asked_for_again(
    connected: Connect, answer: Answer, told: str
) -> None:
    server, api = connected({"GET /v1/models": answer})
    with pytest.raises(UserError) as caught:
        api.find_model("bge", None)
    assert str(caught.value).startswith(told)
    assert len(str(caught.value).splitlines()) == 1
    assert KEY not in str(caught.value)
    assert len(server.asked) == 1


# --- what must not take effect twice


def environment(current: str | None, **more: Any) -> tuple[int, dict[str, Any]]:
    return 200, an_environment("production", current, **more)


def deployment(status: str) -> tuple[int, dict[str, Any]]:
    return 200, a_deployment("d1", status)


RELEASING = environment("d0", in_progress_promotion=a_promotion("RELEASING"))

Act = Callable[[BasetenApi], object]
ONCE: dict[str, tuple[Act, str, Any, Any, Any]] = {
    "promote": (
        lambda api: api.promote("m1", "production", "d1", SETTINGS),
        f"POST {ENVIRONMENT}/promote", environment("d0"), RELEASING, a_deployment("d1"),
    ),
    "promote done already": (
        lambda api: api.promote("m1", "production", "d1", SETTINGS),
        f"POST {ENVIRONMENT}/promote", environment("d0"), environment("d1"), a_deployment("d1"),
    ),
    "redeploy": (
        lambda api: api.promote("m1", "production", "d0", SETTINGS, redeploy=True),
        f"POST {ENVIRONMENT}/promote", environment("d0"), environment("d0-copy"), a_deployment("d2"),
    ),
    "activate": (
        lambda api: api.activate("m1", "d1"),
        f"POST {DEPLOYMENT}/activate", deployment("INACTIVE"), deployment("WAKING_UP"), {},
    ),
    "retry": (
        lambda api: api.retry("m1", "d1"),
        f"POST {DEPLOYMENT}/retry", deployment("BUILD_FAILED"), deployment("BUILDING"),
        {"retried": True, "reason": None, "deployment": a_deployment("d1")},
    ),
    "create_environment": (
        lambda api: api.create_environment("m1", "production", SETTINGS),
        "POST /v1/models/m1/environments", (404, {"message": "no"}), environment(None),
        an_environment("production", None),
    ),
}  # fmt: skip
"""The call, its route, what a look finds before and after it took effect, and its answer."""

each_call = pytest.mark.parametrize("name", ONCE)


def server_of(connected: Connect, name: str, first: Answer, looks: list[Any]) -> Any:
    """A Baseten that fails once and then answers, and where a look finds each of `looks` in turn."""
    _, route, _, _, answer = ONCE[name]
    updated = {"environment": an_environment("production", None), "status": "X", "message": ""}
    return connected(
        {
            route: [first, (200, answer)],
            f"GET {ENVIRONMENT}": list(looks),
            f"GET {DEPLOYMENT}": list(looks),
            f"PATCH {ENVIRONMENT}": (200, updated),
        }
    )


def looked(name: str, *looks: Any) -> list[Any]:
    """A promotion looks before it begins, too."""
    return [ONCE[name][2], *looks] if ONCE[name][1].endswith("promote") else list(looks)


@each_call
@pytest.mark.parametrize("failure", OPEN, ids=str)
def test_what_took_effect_although_the_answer_was_lost_is_not_asked_for_again(
    connected: Connect, name: str, failure: Answer
) -> None:
    act, route, _, after, _ = ONCE[name]
    server, api = server_of(connected, name, failure, looked(name, after))
    act(api)
    assert server.calls.count(route) == 1


@each_call
@pytest.mark.parametrize("failure", OPEN, ids=str)
def test_what_took_no_effect_is_asked_for_again(
    connected: Connect, name: str, failure: Answer
) -> None:
    act, route, before, _, _ = ONCE[name]
    server, api = server_of(connected, name, failure, looked(name, before))
    act(api)
    assert server.calls.count(route) == 2


@each_call
@pytest.mark.parametrize("failure", [LIMITED, httpx.ConnectError("refused")], ids=str)
def test_what_never_reached_baseten_is_asked_for_again_without_a_look(
    connected: Connect, name: str, failure: Answer
) -> None:
    act, route, before, _, _ = ONCE[name]
    server, api = server_of(connected, name, failure, looked(name, before))
    act(api)
    assert server.calls[-2:] == [route, route]


@each_call
def test_a_conflict_with_our_own_effect_is_none(connected: Connect, name: str) -> None:
    act, route, _, after, _ = ONCE[name]
    server, api = server_of(connected, name, (409, {"message": "exists"}), looked(name, after))
    act(api)
    assert server.calls.count(route) == 1


@each_call
def test_a_conflict_with_someone_else_is_told(connected: Connect, name: str) -> None:
    act, route, before, _, _ = ONCE[name]
    server, api = server_of(connected, name, (409, {"message": "busy"}), looked(name, before))
    with pytest.raises(ApiError, match=r"^Baseten answered 409: busy: something else changed it"):
        act(api)
    assert server.calls.count(route) == 1


def test_an_effect_that_shows_only_after_the_second_try_was_refused_is_found(
    connected: Connect,
) -> None:
    """The first promotion took effect late, and so the second is told that one is under way."""
    before = environment("d0")
    server, api = connected(
        {
            f"GET {ENVIRONMENT}": [before, before, RELEASING],
            f"POST {ENVIRONMENT}/promote": [RESET, (400, {"message": "in progress"})],
        }
    )
    api.promote("m1", "production", "d1", SETTINGS)
    assert server.calls.count(f"POST {ENVIRONMENT}/promote") == 2


def test_a_promotion_of_another_version_is_not_taken_for_ours(connected: Connect) -> None:
    others = environment(
        "d0",
        in_progress_promotion=a_promotion("RAMPING_UP"),
        candidate_deployment=a_deployment("d7"),
    )
    _, api = connected(
        {f"GET {ENVIRONMENT}": others, f"POST {ENVIRONMENT}/promote": (409, {"message": "busy"})}
    )
    with pytest.raises(ApiError, match="busy"):
        api.promote("m1", "production", "d1", SETTINGS)


def test_a_promotion_of_ours_that_was_under_way_already_is_no_conflict(connected: Connect) -> None:
    """An `up` that was killed had begun it."""
    ours = environment(
        "d0",
        in_progress_promotion=a_promotion("RAMPING_UP"),
        candidate_deployment=a_deployment("d1"),
    )
    server, api = connected(
        {f"GET {ENVIRONMENT}": ours, f"POST {ENVIRONMENT}/promote": (409, {"message": "busy"})}
    )
    api.promote("m1", "production", "d1", SETTINGS)
    assert server.calls.count(f"POST {ENVIRONMENT}/promote") == 1


def test_an_environment_that_was_there_gets_the_settings_all_the_same(connected: Connect) -> None:
    server, api = server_of(
        connected, "create_environment", (409, {"message": "exists"}), [environment(None)]
    )
    api.create_environment("m1", "production", SETTINGS)
    assert server.asked[-1] == (
        "PATCH", ENVIRONMENT, {"autoscaling_settings": {"max_replica": 2}},
    )  # fmt: skip


def test_a_retry_that_had_begun_already_is_no_refusal(connected: Connect) -> None:
    told = {"retried": False, "reason": "not failed", "deployment": a_deployment("d1")}
    _, api = connected(
        {f"POST {DEPLOYMENT}/retry": (200, told), f"GET {DEPLOYMENT}": deployment("BUILDING")}
    )
    api.retry("m1", "d1")


# --- deletion

DELETED = (200, {"id": "d1", "deleted": True, "model_id": "m1"})
GONE = (404, {"message": "no such deployment"})


@pytest.mark.parametrize("failure", OPEN, ids=str)
def test_what_is_gone_after_a_deletion_whose_answer_was_lost_was_deleted(
    connected: Connect, failure: Answer
) -> None:
    server, api = connected({f"DELETE {DEPLOYMENT}": [failure, GONE]})
    api.delete_version("m1", "d1")
    assert len(server.calls) == 2


@pytest.mark.parametrize("answers", [GONE, [LIMITED, GONE]], ids=["at once", "after a limit"])
def test_what_was_gone_before_is_not_found(connected: Connect, answers: Any) -> None:
    _, api = connected({f"DELETE {DEPLOYMENT}": answers})
    with pytest.raises(NotFoundError, match=r"^Baseten answered 404: no such deployment$"):
        api.delete_version("m1", "d1")


@pytest.mark.parametrize("failure", PASSING, ids=str)
def test_a_deletion_is_repeated(connected: Connect, failure: Answer) -> None:
    server, api = connected({f"DELETE {DEPLOYMENT}": [failure, DELETED]})
    api.delete_version("m1", "d1")
    assert len(server.calls) == 2
