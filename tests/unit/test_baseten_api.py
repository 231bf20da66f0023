"""The management API in our words: retries, one-line errors, teams. The official SDK over a transport of our own.

Importing the SDK takes 1.5 s of CPU, so everything that needs it stands here.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from baseten_tei.baseten_api import ATTEMPTS, BasetenApi, NotFoundError
from baseten_tei.errors import UserError
from baseten_tei.target import parse_target

Answer = tuple[int, Any] | Exception
KEY = "the-s3cret-key"


class Baseten:
    """Answers by `METHOD path`; a list is given out one by one, its last item for ever."""

    def __init__(self, **answers: Answer | list[Answer]) -> None:
        self.answers: dict[str, Any] = answers
        self.asked: list[tuple[str, str, Any]] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.raw_path.decode(), body))
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        found = self.answers.get(f"{request.method} {request.url.path}", (404, {"message": "no"}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        status, content = found
        if isinstance(content, str):
            return httpx.Response(status, text=content)
        return httpx.Response(status, json=content)


@pytest.fixture
def connected(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[dict[str, Any]], tuple[Baseten, BasetenApi]]:
    """An API whose HTTP goes to a `Baseten` and nowhere else."""
    real = httpx.Client

    def connect(answers: dict[str, Any]) -> tuple[Baseten, BasetenApi]:
        server = Baseten(**answers)
        monkeypatch.setattr(
            httpx,
            "Client",
            lambda **options: real(transport=httpx.MockTransport(server), **options),
        )
        return server, BasetenApi(parse_target("baseten"), lambda: KEY, server.pauses.append)

    return connect


Connect = Callable[[dict[str, Any]], tuple[Baseten, BasetenApi]]


def a_model(model_id: str, name: str, team: str) -> dict[str, Any]:
    return {
        "id": model_id, "name": name, "team_name": team, "created_at": "2026-11-22T00:00:00Z",
        "deployments_count": 1, "production_deployment_id": None, "development_deployment_id": None,
        "instance_type_name": "L4:4x16",
    }  # fmt: skip


MODELS = {"models": [a_model("m1", "bge", "a"), a_model("m2", "bge", "b"), a_model("m3", "x", "a")]}
TEAMS = {
    "teams": [
        {"id": "t1", "name": "search", "default": True, "created_at": "2026-11-22T00:00:00Z"},
        {"id": "t2", "name": "ads", "default": False, "created_at": "2026-11-22T00:00:00Z"},
    ]
}
A_SECRET = {"id": "s1", "created_at": "2026-11-22T00:00:00Z", "team_name": "search"}
LIMITED = (429, {"error": "Rate limit exceeded", "retry_after": 37})


@pytest.mark.parametrize(
    ("team", "expected"), [("a", "m1"), ("b", "m2"), ("c", None), (None, "m1")]
)
def test_a_model_is_found_by_name_and_team(
    connected: Connect, team: str | None, expected: str | None
) -> None:
    server, api = connected({"GET /v1/models": (200, MODELS)})
    assert api.find_model("bge", team) == expected
    assert server.asked == [("GET", "/v1/models?name=bge", None)]


def test_baseten_is_asked_again_after_as_long_as_it_says(connected: Connect) -> None:
    server, api = connected({"GET /v1/models": [LIMITED, LIMITED, (200, MODELS)]})
    assert api.find_model("bge", "a") == "m1"
    assert server.pauses == [37.0, 37.0]


def test_pauses_double_where_baseten_says_nothing(connected: Connect) -> None:
    server, api = connected(
        {"GET /v1/models": [(503, "busy"), (502, ""), (504, "{}"), (200, MODELS)]}
    )
    assert api.find_model("bge", "a") == "m1"
    assert server.pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(("asked", "waited"), [(10**6, 60.0), (-5, 0.0), (None, 1.0), ("x", 1.0)])
def test_no_answer_makes_us_wait_more_than_a_minute(
    connected: Connect, asked: object, waited: float
) -> None:
    server, api = connected({"GET /v1/models": [(429, {"retry_after": asked}), (200, MODELS)]})
    api.find_model("bge", "a")
    assert server.pauses == [waited]


def test_a_limit_that_stays_is_told_after_the_last_try(connected: Connect) -> None:
    server, api = connected({"GET /v1/models": LIMITED})
    with pytest.raises(UserError, match=r"^Baseten answered 429: Rate limit exceeded$"):
        api.find_model("bge", None)
    assert len(server.asked) == ATTEMPTS
    assert len(server.pauses) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {"error": "Unauthorized"}), "Baseten refused the API key (401): check BASETEN_API_KEY"),
        ((403, "<html>"), "Baseten refused the API key (403): check BASETEN_API_KEY"),
        ((400, {"message": "bad\nname"}), "Baseten answered 400: bad name"),
        ((200, "<h1>log in</h1>"), "https://api.baseten.co does not answer as Baseten does"),
        ((200, {"models": 3}), "https://api.baseten.co does not answer as Baseten does"),
        ((500, "<h1>oops</h1>"), "Baseten answered 500: <h1>oops</h1>"),
        (httpx.ConnectError("refused"), "Baseten cannot be reached at https://api.baseten.co (ConnectError)"),
        (httpx.ReadTimeout("slow"), "Baseten cannot be reached at https://api.baseten.co (ReadTimeout)"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_told_in_one_line_and_not_asked_for_again(
    connected: Connect, answer: Answer, told: str
) -> None:
    server, api = connected({"GET /v1/models": answer})
    with pytest.raises(UserError) as caught:
        api.find_model("bge", None)
    assert str(caught.value).startswith(told)
    assert len(str(caught.value).splitlines()) == 1
    assert KEY not in str(caught.value)
    assert len(server.asked) == 1


def test_no_key_is_asked_for_before_the_first_call() -> None:
    def no_key() -> str:
        raise UserError("no Baseten API key")

    api = BasetenApi(parse_target("baseten"), no_key)
    assert KEY not in repr(api)
    with pytest.raises(UserError, match="no Baseten API key"):
        api.find_model("bge", None)


def test_a_team_is_known_by_its_name(connected: Connect) -> None:
    secret = {**A_SECRET, "name": "hf-access-key"}
    server, api = connected(
        {"GET /v1/teams": (200, TEAMS), "GET /v1/teams/t2/secrets": (200, {"secrets": [secret]})}
    )
    assert api.find_secret("hf_access_key", "ads") == "hf-access-key"
    assert [path for _, path, _ in server.asked] == ["/v1/teams", "/v1/teams/t2/secrets"]


def test_a_team_that_the_key_does_not_see_is_told_with_those_it_sees(connected: Connect) -> None:
    _, api = connected({"GET /v1/teams": (200, TEAMS)})
    told = "team 'nope' is not one this API key sees: write baseten-tei:team: search, ads"
    with pytest.raises(UserError, match=told):
        api.upsert_secret("hf_access_key", "v", "nope")


def test_a_secret_goes_into_the_body_and_nowhere_else(connected: Connect) -> None:
    server, api = connected({"POST /v1/secrets": (200, {**A_SECRET, "name": "hf_access_key"})})
    api.upsert_secret("hf_access_key", "the-value", None)
    assert server.asked == [
        ("POST", "/v1/secrets", {"name": "hf_access_key", "value": "the-value"})
    ]


def test_a_secret_that_is_gone_is_a_not_found(connected: Connect) -> None:
    _, api = connected({})
    with pytest.raises(NotFoundError):
        api.delete_secret("hf_access_key", None)


def test_an_environment_that_is_missing_serves_nothing(connected: Connect) -> None:
    _, api = connected({})
    assert api.serving("m1", "staging") is None


def test_a_promotion_takes_the_versions_own_instance_and_brings_its_settings(
    connected: Connect,
) -> None:
    """Baseten would keep the environment's old instance type unless told otherwise."""
    server, api = connected({})
    with pytest.raises(NotFoundError):
        api.promote("m1", "production", "d1", {"max_replica": 2})
    [(method, path, body)] = server.asked
    assert (method, path) == ("POST", "/v1/models/m1/environments/production/promote")
    assert body["deployment_id"] == "d1"
    assert body["preserve_env_instance_type"] is False
    assert body["environment_settings_update"]["autoscaling_settings"]["max_replica"] == 2
