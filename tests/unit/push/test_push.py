"""What a push does with the team, the owner and the labels that it is given."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.baseten.target import parse_target
from baseten_tei.deployment.push_job import Job
from baseten_tei.errors import UserError
from baseten_tei.push import push as pushing
from baseten_tei.push.truss_cli import Answer
from tests.support.loopback import loopback

TEAMS = {"teams": [{"id": "t1", "name": "search"}, {"id": "t2", "name": "ads"}]}
WORDS = {"pulumi_project": "proj", "pulumi_stack": "dev"}
PUSHED = '{"model_id": "m1", "model_version_id": "d1", "predict_url": "x"}'


@pytest.fixture
def truss(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The arguments of each `truss push`, which here succeeds without a process."""
    arguments: list[list[str]] = []

    def run_truss(given: list[str], *_: object) -> Answer:
        arguments.append(given)
        return Answer(0, PUSHED, "")

    monkeypatch.setattr(pushing, "run_truss", run_truss)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(
        tempfile, "tempdir", str(tmp_path)
    )  # slots of our own: pushes may be running
    return arguments


def push(team: str | None, answers: dict[str, tuple[int, Any]], **more: Any) -> dict[str, Any]:
    with loopback({"/v1/teams": (200, TEAMS), **answers}) as server:
        job = Job("bge", "digest", WORDS, 30, team, server.url, "{}", **more)
        return pushing.push(job, parse_target(server.url), "key", print)


@pytest.mark.parametrize("team", ["ads", "t2"])
def test_truss_gets_the_name_of_a_team_that_is_given_by_name_or_id(
    truss: list[list[str]], team: str
) -> None:
    push(team, {"/v1/teams/t2/models": (200, {"models": []})})
    assert truss[0][-2:] == ["--team", "ads"]


def test_without_a_team_none_is_asked_for_nor_given_to_truss(truss: list[list[str]]) -> None:
    push(None, {"/v1/models": (200, {"models": []}), "/v1/teams": (500, "")})
    assert "--team" not in truss[0]


def test_a_team_that_is_none_of_the_keys_pushes_nothing(truss: list[list[str]]) -> None:
    with pytest.raises(UserError, match="team 'nope' is not one this API key sees"):
        push("nope", {})
    assert truss == []


# --- whose the name is, asked again under the lock


def pushed_by(**labels: str) -> dict[str, tuple[int, Any]]:
    """A Baseten that has the model, with one deployment."""
    deployment = {"id": "d9", "status": "ACTIVE", "created_at": "2026-11-30", "labels": labels}
    return {
        "/v1/models": (200, {"models": [{"id": "m1", "name": "bge"}]}),
        "/v1/models/m1/deployments": (200, {"deployments": [deployment]}),
    }


OURS, THEIRS = "st-0123456789", "st-9876543210"


def test_what_another_state_pushed_since_the_model_was_looked_up_is_not_pushed_over(
    truss: list[list[str]],
) -> None:
    theirs = pushed_by(**WORDS, pulumi_state=THEIRS, config_digest="other")
    with pytest.raises(UserError, match=f"run `pulumi config set baseten-tei:state_id {THEIRS}`"):
        push(None, theirs, state_id=OURS)
    assert truss == []


@pytest.mark.usefixtures("truss")
def test_a_first_push_that_another_machine_was_faster_than_says_whose_the_model_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = pushed_by(**WORDS, pulumi_state=THEIRS, config_digest="other")
    models: list[Any] = []

    def refused(*_: object) -> Answer:
        models.extend(theirs["/v1/models"][1]["models"])
        return Answer(1, "", 'A model named "bge" already exists in team "default"')

    monkeypatch.setattr(pushing, "run_truss", refused)
    with pytest.raises(UserError, match=f"run `pulumi config set baseten-tei:state_id {THEIRS}`"):
        push(None, {**theirs, "/v1/models": (200, {"models": models})}, state_id=OURS)


@pytest.mark.usefixtures("truss")
def test_a_first_push_that_failed_by_itself_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pushing, "run_truss", lambda *_: Answer(1, "", "no instance is left"))
    with pytest.raises(UserError, match="no instance is left"):
        push(None, {"/v1/models": (200, {"models": []})}, state_id=OURS)


@pytest.mark.parametrize(
    ("labels", "more"),
    [
        ({**WORDS, "pulumi_state": OURS}, {"state_id": OURS}),
        (WORDS, {"state_id": OURS}),
        ({"pulumi_project": "proj", "pulumi_stack": "once"}, {"state_id": OURS, "known_as": ("proj/once",)}),
        ({"pulumi_state": THEIRS}, {"state_id": OURS, "adopted": True}),
        ({"pulumi_state": THEIRS}, {}),
    ],
    ids=["our id", "an earlier release's", "an earlier name", "adopted", "a state without an id"],
)  # fmt: skip
def test_what_is_ours_or_was_taken_over_is_pushed_and_stamped_with_the_id(
    truss: list[list[str]], labels: dict[str, str], more: dict[str, Any]
) -> None:
    assert push(None, pushed_by(**labels, config_digest="other"), **more)["pushed"] is True
    stamped = json.loads(truss[0][truss[0].index("--labels") + 1])
    assert stamped.get("pulumi_state") == more.get("state_id")


def test_what_another_owner_pushed_under_the_same_digest_is_not_ours_either(
    truss: list[list[str]],
) -> None:
    with pytest.raises(UserError, match="pushed by someone without Pulumi"):
        push(None, pushed_by(config_digest="digest"), state_id=OURS)
    assert truss == []


# --- a Baseten that cuts labels


@pytest.mark.parametrize(
    ("cut", "more"),
    [
        ({"config_digest": "dig"}, {}),
        ({"config_digest": "other", "pulumi_state": OURS[:8]}, {"state_id": OURS}),
    ],
)
def test_a_shortened_label_is_said_and_nothing_is_pushed_again(
    truss: list[list[str]], cut: dict[str, str], more: dict[str, Any]
) -> None:
    with pytest.raises(
        UserError, match=r"Baseten shortened the label .* of deployment d9 to"
    ) as told:
        push(None, pushed_by(**WORDS, **cut), **more)
    assert len(told.value.problems) == 1
    assert len(str(told.value)) <= 500
    assert truss == []
