"""The management API in our words: which call each method makes, and what it makes of the answer.

Importing the official SDK takes 1.5 s of CPU, so only this file and test_baseten_calls.py need it.
"""

import base64
import json
import traceback
from typing import Any
from urllib.parse import quote

import pytest

from baseten_tei.baseten.api import ApiError, BasetenApi, NotFoundError
from baseten_tei.baseten.target import parse_target
from baseten_tei.baseten.versions import EnvironmentSettings, RemoteModel, Version
from baseten_tei.errors import UserError
from tests.support.mock_baseten import (
    AUTOSCALING,
    KEY,
    NOW,
    TEAMS,
    Connect,
    a_deployment,
    a_model,
    a_promotion,
    an_environment,
)
from tests.support.mock_baseten import connect as connect_to

MODELS = {"models": [a_model("m1", "bge", "search", "d1"), a_model("m3", "x", "ads")]}
A_SECRET = {"id": "s1", "created_at": NOW, "team_name": "search"}
SETTINGS = EnvironmentSettings(
    {"max_replica": 2},
    {"rolling_deploy": True, "rolling_deploy_config": {"max_surge_percent": 50}},
    "REJECT_ON_FULL",
)
SETTINGS_SENT = {
    "autoscaling_settings": {"max_replica": 2},
    "promotion_settings": {
        "rolling_deploy": True, "rolling_deploy_config": {"max_surge_percent": 50}
    },
    "request_backpressure_settings": {"policy": "REJECT_ON_FULL"},
}  # fmt: skip


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Connect:
    return lambda answers: connect_to(monkeypatch, answers)


def test_no_key_is_asked_for_before_the_first_call() -> None:
    def no_key() -> str:
        raise UserError("no Baseten API key")

    api = BasetenApi(parse_target("baseten"), no_key)
    assert KEY not in repr(api)
    with pytest.raises(UserError, match="no Baseten API key"):
        api.find_model("bge", None)


# --- models and teams


@pytest.mark.parametrize(("name", "expected"), [("bge", "m1"), ("bg", None)])
def test_a_model_is_found_by_its_exact_name(
    connected: Connect, name: str, expected: str | None
) -> None:
    server, api = connected({"GET /v1/models": (200, MODELS)})
    assert api.find_model(name, None) == expected
    assert server.calls == [f"GET /v1/models?name={name}"]


@pytest.mark.parametrize("team", ["ads", "t2"])
def test_a_team_is_known_by_name_and_by_id_and_looked_up_once(
    connected: Connect, team: str
) -> None:
    found = {"models": [a_model("m2", "bge", "ads")]}
    server, api = connected(
        {"GET /v1/teams": (200, TEAMS), "GET /v1/teams/t2/models": (200, found)}
    )
    assert api.find_model("bge", team) == "m2"
    assert api.models(team) == [RemoteModel("m2", "bge", "ads")]
    assert server.calls == [
        "GET /v1/teams",
        "GET /v1/teams/t2/models?name=bge",
        "GET /v1/teams/t2/models",
    ]


def test_a_model_of_several_teams_is_refused_until_the_team_is_written(connected: Connect) -> None:
    both = {"models": [a_model("m1", "bge", "search"), a_model("m2", "bge", "ads")]}
    _, api = connected({"GET /v1/models": (200, both)})
    told = "model 'bge' is in several teams: write baseten-tei:team: with one of them: ads, search"
    with pytest.raises(UserError, match=told):
        api.find_model("bge", None)


def test_a_team_that_the_key_does_not_see_is_told_with_those_it_sees(connected: Connect) -> None:
    _, api = connected({"GET /v1/teams": (200, TEAMS)})
    told = (
        r"team 'nope' is not one this API key sees: write baseten-tei:team: with one of them: "
        r"search \(t1\), ads \(t2\)"
    )
    with pytest.raises(UserError, match=told):
        api.upsert_secret("hf_access_key", "v", "nope")


def test_models_are_listed_with_their_teams(connected: Connect) -> None:
    _, api = connected({"GET /v1/models": (200, MODELS)})
    assert api.models(None) == [
        RemoteModel("m1", "bge", "search", "d1"),
        RemoteModel("m3", "x", "ads"),
    ]


# --- deployments


def test_a_deployment_is_read_with_all_that_releases_care_for(connected: Connect) -> None:
    told = a_deployment("d1", "ACTIVE", environment="production", is_development=True)
    _, api = connected({"GET /v1/models/m1/deployments": (200, {"deployments": [told]})})
    [found] = api.versions("m1")
    assert found == Version(
        "d1", "ACTIVE", {"config_digest": "abc"}, "2026-11-22T00:00:00+00:00",
        environment="production", instance_type="L4:4x16", is_development=True, replicas=1,
    )  # fmt: skip


def test_a_status_and_fields_that_nobody_knows_yet_are_read(connected: Connect) -> None:
    told = a_deployment("d1", "REHEATING", labels=None, instance_type_name=None, mood="good")
    _, api = connected({"GET /v1/models/m1/deployments/d1": (200, told)})
    found = api.version("m1", "d1")
    assert (found.status, found.labels, found.instance_type) == ("REHEATING", {}, "")


@pytest.mark.parametrize(
    ("told", "config"),
    [
        ({"config": {"secrets": {"a": None}}, "raw_config": "x: 1"}, {"secrets": {"a": None}}),
        ({"config": None, "raw_config": "secrets:\n  a: null\n"}, {"secrets": {"a": None}}),
        ({"config": None, "raw_config": None}, {}),
    ],
)
def test_the_config_of_a_deployment_is_read_parsed_or_not(
    connected: Connect, told: dict[str, Any], config: dict[str, Any]
) -> None:
    _, api = connected({"GET /v1/models/m1/deployments/d1/config": (200, told)})
    assert api.config("m1", "d1") == config


def test_a_deployment_is_deleted_and_one_that_is_gone_is_not_found(connected: Connect) -> None:
    gone = (200, {"id": "d1", "deleted": True, "model_id": "m1"})
    server, api = connected({"DELETE /v1/models/m1/deployments/d1": gone})
    api.delete_version("m1", "d1")
    with pytest.raises(NotFoundError):
        api.delete_version("m1", "d2")
    assert server.calls == [
        "DELETE /v1/models/m1/deployments/d1",
        "DELETE /v1/models/m1/deployments/d2",
    ]


def test_a_retry_that_baseten_will_not_do_is_told_with_its_reason(connected: Connect) -> None:
    failed = a_deployment("d1", "BUILD_FAILED")
    _, api = connected(
        {
            "POST /v1/models/m1/deployments/d1/retry": (
                200,
                {"retried": False, "reason": "too old", "deployment": failed},
            ),
            "GET /v1/models/m1/deployments/d1": (200, failed),
        }
    )
    with pytest.raises(UserError, match=r"does not retry deployment d1 \(too old\): change the"):
        api.retry("m1", "d1")


# --- environments


def test_an_environment_that_is_missing_is_none(connected: Connect) -> None:
    _, api = connected({})
    assert api.serving("m1", "staging") is None


def test_an_environment_is_read_with_its_settings_and_what_is_on_its_way(
    connected: Connect,
) -> None:
    told = an_environment(
        "production",
        "d1",
        candidate_deployment=a_deployment("d2", "BUILDING"),
        in_progress_promotion=a_promotion("RAMPING_UP"),
        request_backpressure_settings={"policy": "REJECT_ON_FULL"},
    )
    _, api = connected({"GET /v1/models/m1/environments": (200, {"environments": [told]})})
    [found] = api.environments("m1")
    assert found.name == "production"
    assert found.current
    assert found.candidate
    assert (found.current.id, found.candidate.id) == ("d1", "d2")
    assert found.autoscaling == AUTOSCALING
    assert found.promotion["rolling_deploy"] is True
    assert found.request_backpressure == "REJECT_ON_FULL"
    assert found.instance_type == "L4:4x16"
    assert (found.promotion_status, found.promoting) == ("RAMPING_UP", True)


def test_a_promotion_that_failed_is_read_with_its_error(connected: Connect) -> None:
    told = an_environment("production", "d1", in_progress_promotion=a_promotion("FAILED", "boom"))
    _, api = connected({"GET /v1/models/m1/environments/production": (200, told)})
    found = api.serving("m1", "production")
    assert found
    assert (found.promoting, found.promotion_status, found.promotion_error) == (
        False,
        "FAILED",
        "boom",
    )


def test_an_environment_is_created_with_its_settings(connected: Connect) -> None:
    server, api = connected({"POST /v1/models/m1/environments": (200, an_environment("s", None))})
    api.create_environment("m1", "s", SETTINGS)
    assert server.asked == [
        ("POST", "/v1/models/m1/environments", {"name": "s", **SETTINGS_SENT}),
    ]


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        (SETTINGS, SETTINGS_SENT),
        (EnvironmentSettings({"max_replica": 2}), {"autoscaling_settings": {"max_replica": 2}}),
        (EnvironmentSettings({}), {}),
    ],
)
def test_only_settings_that_are_managed_are_sent(
    connected: Connect, settings: EnvironmentSettings, sent: dict[str, Any]
) -> None:
    """A null would clear what somebody else set."""
    path = "/v1/models/m1/environments/s"
    told = {"environment": an_environment("s", None), "status": "QUEUED", "message": "later"}
    server, api = connected({f"PATCH {path}": (200, told)})
    assert api.update_environment("m1", "s", settings) == "QUEUED"
    assert server.asked == [("PATCH", path, sent)]


@pytest.mark.parametrize("redeploy", [False, True])
def test_a_promotion_takes_the_versions_own_instance_and_brings_its_settings(
    connected: Connect, redeploy: bool
) -> None:
    """Baseten would keep the environment's old instance type unless told otherwise."""
    path = "/v1/models/m1/environments/production"
    server, api = connected(
        {
            f"GET {path}": (200, an_environment("production", "d0")),
            f"POST {path}/promote": (200, a_deployment("d1")),
        }
    )
    api.promote("m1", "production", "d1", SETTINGS, redeploy=redeploy)
    sent = {
        "deployment_id": "d1",
        "preserve_env_instance_type": False,
        "environment_settings_update": SETTINGS_SENT,
    }
    if redeploy:
        sent["promotion_settings_override"] = {"redeploy_on_promotion": True}
    assert server.asked[-1] == ("POST", f"{path}/promote", sent)


# --- secrets


def test_a_secret_is_found_by_the_name_that_baseten_takes_for_the_same(connected: Connect) -> None:
    secret = {**A_SECRET, "name": "hf-access-key"}
    _, api = connected(
        {"GET /v1/teams": (200, TEAMS), "GET /v1/teams/t2/secrets": (200, {"secrets": [secret]})}
    )
    assert api.find_secret("hf_access_key", "ads") == "hf-access-key"


def test_a_secret_goes_into_the_body_and_nowhere_else(connected: Connect) -> None:
    server, api = connected({"POST /v1/secrets": (200, {**A_SECRET, "name": "hf_access_key"})})
    api.upsert_secret("hf_access_key", "the-value", None)
    assert server.asked == [
        ("POST", "/v1/secrets", {"name": "hf_access_key", "value": "the-value"})
    ]


VALUE = 'p@ss"w\\rd-\u00f6-0123456789'
ECHOES = {
    "as it is": VALUE,
    "in JSON": json.dumps(VALUE),
    "in base64": base64.b64encode(VALUE.encode()).decode(),
    "in percent": quote(VALUE),
    "in part": VALUE[-8:],
}


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("team", [None, "ads"])
def test_an_error_of_storing_a_secret_holds_nothing_of_the_answer(
    connected: Connect, status: int, echo: str, team: str | None
) -> None:
    body = {"message": f"no: {echo}", "error": echo, echo: echo, "name": {echo: 1}}
    path = "/v1/teams/t2/secrets" if team else "/v1/secrets"
    _, api = connected({"GET /v1/teams": (200, TEAMS), f"POST {path}": (status, body)})
    with pytest.raises(ApiError) as caught:
        api.upsert_secret("hf_access_key", VALUE, team)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert echo not in shown
    assert VALUE[-8:] not in shown
    assert caught.value.__context__ is None
    assert "may repeat the secret" in str(caught.value) or status == 401
    assert status == 200 or str(status) in str(caught.value)


def test_a_secret_that_is_gone_is_a_not_found(connected: Connect) -> None:
    _, api = connected({})
    with pytest.raises(NotFoundError):
        api.delete_secret("hf_access_key", None)
