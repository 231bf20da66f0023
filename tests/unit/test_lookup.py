"""What a push asks Baseten before it pushes."""

from typing import Any

import pytest
from loopback import NOBODY, loopback

from baseten_tei.errors import UserError
from baseten_tei.lookup import deployments_of
from baseten_tei.release import Version
from baseten_tei.target import parse_target


def model(model_id: str, name: str, team: str | None = None) -> dict[str, Any]:
    return {"id": model_id, "name": name, "team_name": team}


def deployment(deployment_id: str, labels: dict[str, str] | None) -> dict[str, Any]:
    return {
        "id": deployment_id,
        "status": "ACTIVE",
        "labels": labels,
        "created_at": "2026-11-22T00:00:00Z",
    }


ANSWERS: dict[str, tuple[int, Any]] = {
    "/v1/models": (
        200,
        {"models": [model("m1", "bge", "a"), model("m2", "bge", "b"), model("m3", "bge-2", "a")]},
    ),
    "/v1/models/m1/deployments": (200, {"deployments": [deployment("d1", {"x": "1"})]}),
    "/v1/models/m2/deployments": (200, {"deployments": [deployment("d2", None)]}),
}


def test_deployments_of_the_model_with_this_name_and_team_are_found() -> None:
    with loopback(ANSWERS) as server:
        found = deployments_of(parse_target(server.url), "key", "bge", "a")
    assert found == [Version("d1", "ACTIVE", {"x": "1"}, "2026-11-22T00:00:00Z")]
    assert [asked.path for asked in server.asked] == [
        "/v1/models?name=bge",
        "/v1/models/m1/deployments",
    ]
    assert {asked.headers["Authorization"] for asked in server.asked} == {"Bearer key"}


def test_a_deployment_without_labels_is_one_with_none() -> None:
    with loopback(ANSWERS) as server:
        [found] = deployments_of(parse_target(server.url), "key", "bge", "b")
    assert found.labels == {}
    assert found.digest == ""


def test_a_model_that_is_not_there_has_no_deployments() -> None:
    with loopback({"/v1/models": (200, {"models": []})}) as server:
        assert deployments_of(parse_target(server.url), "key", "bge", None) == []


def test_no_proxy_of_the_environment_is_asked_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", NOBODY)
    with loopback(ANSWERS) as server:
        assert deployments_of(parse_target(server.url), "key", "bge", "a")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {"error": "Unauthorized"}), r"refused the API key \(401\): check BASETEN_API_KEY"),
        ((500, "<html>"), r"answered 500: <html>$"),
        ((200, "<html>hello</html>"), r"does not answer as Baseten does"),
        ((200, "[1]"), r"does not answer as Baseten does"),
    ],
)
def test_an_answer_that_is_none_is_told_in_one_line(answer: tuple[int, Any], told: str) -> None:
    with (
        loopback({"/v1/models": answer}) as server,
        pytest.raises(UserError, match=told) as caught,
    ):
        deployments_of(parse_target(server.url), "s3cret-key", "bge", None)
    assert "s3cret-key" not in str(caught.value)
    assert len(caught.value.problems) == 1


def test_silence_is_told_with_what_to_start() -> None:
    with pytest.raises(UserError, match=r"cannot be reached at .*: start the emulator"):
        deployments_of(parse_target(NOBODY), "key", "bge", None)
