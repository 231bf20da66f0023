"""A push into a team, named by name or id: truss takes the name alone."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from loopback import loopback

from baseten_tei import pushing
from baseten_tei.errors import UserError
from baseten_tei.job import Job
from baseten_tei.target import parse_target
from baseten_tei.truss_cli import Answer

TEAMS = {"teams": [{"id": "t1", "name": "search"}, {"id": "t2", "name": "ads"}]}
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


def push(team: str | None, answers: dict[str, tuple[int, Any]]) -> dict[str, Any]:
    with loopback({"/v1/teams": (200, TEAMS), **answers}) as server:
        job = Job("bge", "digest", {}, 30, team, server.url, "{}")
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
