"""What a push asks Baseten before it pushes."""

from typing import Any

import pytest

from baseten_tei.baseten.api.retries import ATTEMPTS
from baseten_tei.baseten.target import parse_target
from baseten_tei.baseten.teams import Team
from baseten_tei.baseten.versions import Version
from baseten_tei.errors import UserError
from baseten_tei.push.lookup import Lookup
from tests.support.loopback import NOBODY, loopback


def model(model_id: str, name: str, team: str | None = None) -> dict[str, Any]:
    return {"id": model_id, "name": name, "team_name": team}


def deployment(deployment_id: str, labels: dict[str, str] | None) -> dict[str, Any]:
    return {
        "id": deployment_id,
        "status": "ACTIVE",
        "labels": labels,
        "created_at": "2026-11-22T00:00:00Z",
    }


ADS = Team("t2", "ads")
ANSWERS: dict[str, tuple[int, Any]] = {
    "/v1/teams": (200, {"teams": [{"id": "t1", "name": "search"}, {"id": "t2", "name": "ads"}]}),
    "/v1/models": (200, {"models": [model("m1", "bge", "search"), model("m3", "bge-2", "ads")]}),
    "/v1/teams/t2/models": (200, {"models": [model("m2", "bge", "ads")]}),
    "/v1/models/m1/deployments": (200, {"deployments": [deployment("d1", {"x": "1"})]}),
    "/v1/models/m2/deployments": (200, {"deployments": [deployment("d2", None)]}),
}


class Pauses(list[float]):
    """Sleeps that are only written down; chance says 1/2."""

    def lookup(self, url: str, key: str = "key") -> Lookup:
        return Lookup(parse_target(url), key, self.append, lambda: 0.5)


def test_deployments_of_the_model_with_this_name_are_found() -> None:
    with loopback(ANSWERS) as server, Pauses().lookup(server.url) as lookup:
        found = lookup.deployments("bge", None)
    assert found == [Version("d1", "ACTIVE", {"x": "1"}, "2026-11-22T00:00:00Z")]
    assert [asked.path for asked in server.asked] == [
        "/v1/models?name=bge",
        "/v1/models/m1/deployments",
    ]
    assert {asked.headers["Authorization"] for asked in server.asked} == {"Bearer key"}


def test_a_team_has_models_of_its_own() -> None:
    with loopback(ANSWERS) as server, Pauses().lookup(server.url) as lookup:
        [found] = lookup.deployments("bge", ADS)
    assert found.id == "d2"
    assert server.asked[0].path == "/v1/teams/t2/models?name=bge"


def test_a_deployment_without_labels_is_one_with_none() -> None:
    with loopback(ANSWERS) as server, Pauses().lookup(server.url) as lookup:
        [found] = lookup.deployments("bge", ADS)
    assert found.labels == {}
    assert found.digest == ""


@pytest.mark.parametrize("wanted", ["ads", "t2"])
def test_a_team_is_known_by_name_and_by_id(wanted: str) -> None:
    with loopback(ANSWERS) as server, Pauses().lookup(server.url) as lookup:
        assert lookup.team(wanted) == ADS


def test_a_team_that_the_key_does_not_see_is_told_with_those_it_sees() -> None:
    with loopback(ANSWERS) as server, Pauses().lookup(server.url) as lookup:
        told = r"write baseten-tei:team: with one of them: search \(t1\), ads \(t2\)"
        with pytest.raises(UserError, match=told):
            lookup.team("nope")


def test_a_word_that_is_one_teams_name_and_anothers_id_is_told_with_the_ids() -> None:
    teams = [{"id": "t1", "name": "search"}, {"id": "search", "name": "ads"}]
    with (
        loopback({"/v1/teams": (200, {"teams": teams})}) as server,
        Pauses().lookup(server.url) as lookup,
        pytest.raises(UserError, match=r"is several teams: .*: t1 \(search\), search \(ads\)$"),
    ):
        lookup.team("search")


def test_a_name_of_several_teams_is_not_guessed() -> None:
    models = [model("m1", "bge", "search"), model("m2", "bge", "ads")]
    with (
        loopback({"/v1/models": (200, {"models": models})}) as server,
        Pauses().lookup(server.url) as lookup,
        pytest.raises(UserError, match=r"model 'bge' is in several teams: .*: ads, search$"),
    ):
        lookup.deployments("bge", None)


def test_a_model_that_is_not_there_has_no_deployments() -> None:
    with (
        loopback({"/v1/models": (200, {"models": []})}) as server,
        Pauses().lookup(server.url) as lookup,
    ):
        assert lookup.deployments("bge", None) == []


def test_no_proxy_of_the_environment_is_asked_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", NOBODY)
    with loopback(ANSWERS) as server, Pauses().lookup(server.url) as lookup:
        assert lookup.deployments("bge", None)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {"error": "Unauthorized"}), r"refused the API key \(401\): check BASETEN_API_KEY"),
        ((200, "<html>hello</html>"), r"does not answer as Baseten does: check the target$"),
        ((200, "[1]"), r"does not answer as Baseten does \(/v1/models gives no models with id"),
        ((200, {"models": [{"id": "m1"}]}), r"gives no models with id, name\): check the target$"),
    ],
)
def test_an_answer_that_is_none_is_told_in_one_line_and_not_asked_for_again(
    answer: tuple[int, Any], told: str
) -> None:
    with (
        loopback({"/v1/models": answer}) as server,
        Pauses().lookup(server.url, "s3cret-key") as lookup,
        pytest.raises(UserError, match=told) as caught,
    ):
        lookup.deployments("bge", None)
    assert "s3cret-key" not in str(caught.value)
    assert len(caught.value.problems) == 1
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "told", "paused"),
    [
        ((500, "<html>"), r"answered 500: a web page: the fault is on Baseten's side", [1, 2, 4]),
        ((429, {"error": "no", "retry_after": 7}), r"again in 7 s$", [7, 7, 7]),
        ((200, '{"models": [{"id'), r"breaks off", [1, 2, 4]),
    ],
)
def test_an_answer_that_may_be_another_one_soon_is_asked_for_again(
    answer: tuple[int, Any], told: str, paused: list[float]
) -> None:
    pauses = Pauses()
    with (
        loopback({"/v1/models": answer}) as server,
        pauses.lookup(server.url) as lookup,
        pytest.raises(UserError, match=told),
    ):
        lookup.deployments("bge", None)
    assert len(server.asked) == ATTEMPTS
    assert pauses == paused


def test_where_nobody_listens_on_this_machine_that_is_told_at_once() -> None:
    pauses = Pauses()
    with (
        pauses.lookup(NOBODY) as lookup,
        pytest.raises(UserError, match=r"cannot be reached at .*: start the emulator"),
    ):
        lookup.deployments("bge", None)
    assert pauses == []
