"""What truss is given, and what is made of what it says."""

import json
import os
import signal
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from baseten_tei.baseten.target import parse_target
from baseten_tei.errors import UserError
from baseten_tei.push import truss_cli
from baseten_tei.push.truss_cli import (
    Answer,
    parse_answer,
    prepare_home,
    push_arguments,
    push_environment,
    run_truss,
)
from baseten_tei.push.truss_version import truss_version_problem

CANARIES = {
    "PULUMI_CONFIG_PASSPHRASE": "canary-1",
    "PULUMI_ACCESS_TOKEN": "canary-2",
    "HF_TOKEN": "canary-3",
    "HF_ACCESS_KEY": "canary-4",
    "BASETEN_API_KEY": "canary-5",
    "AWS_SECRET_ACCESS_KEY": "canary-6",
    "GITHUB_TOKEN": "canary-7",
    "HOME": "canary-8",
    "USER_TRUSSRC_PATH": "canary-9",
    "PYTHONPATH": "canary-10",
    "BASETEN_TEI_MODEL": "canary-11",
    "XDG_CONFIG_HOME": "canary-12",
}
PROXIES = {"https_proxy": "http://proxy:3128", "NO_PROXY": "corp"}


def test_a_push_publishes_waits_for_nothing_and_promotes_nothing() -> None:
    arguments = push_arguments(Path("/x"), {"b": "2", "a": "1"}, 45, None)
    assert arguments[:2] == ["push", "/x"]
    assert {"--no-wait", "--non-interactive"} <= set(arguments)
    assert not {"--promote", "--environment", "--wait", "--watch", "--log", "--remote"} & set(
        arguments
    )
    value = dict(pairwise(arguments))
    assert value["--output"] == "json"
    assert value["--labels"] == '{"a": "1", "b": "2"}'
    assert value["--deploy-timeout-minutes"] == "45"
    assert "--team" not in arguments


def test_a_team_is_named_only_where_the_stack_names_one() -> None:
    assert push_arguments(Path("/x"), {}, 30, "search")[-2:] == ["--team", "search"]


@pytest.mark.parametrize("name", ["baseten", "http://127.0.0.1:8791"])
def test_nothing_of_our_environment_comes_along_but_what_is_named(
    name: str, tmp_path: Path
) -> None:
    ours = {**CANARIES, "PATH": "/bin", "LANG": "C", **PROXIES}
    got = push_environment(ours, parse_target(name), "the-key", tmp_path)
    assert not [value for value in got.values() if "canary" in value]
    assert got["PATH"] == "/bin"
    assert got["HOME"] == str(tmp_path)
    assert got["USER_TRUSSRC_PATH"] == str(tmp_path / "no-trussrc")
    assert got["BASETEN_TRUSS_AUTH_API_KEY"] == "the-key"
    assert [key for key, value in got.items() if value == "the-key"] == [
        "BASETEN_TRUSS_AUTH_API_KEY"
    ]


def test_a_proxy_is_used_on_the_way_out_and_never_on_this_machine(tmp_path: Path) -> None:
    out = push_environment(PROXIES, parse_target("baseten"), "k", tmp_path)
    assert out.items() >= PROXIES.items()
    here = push_environment(PROXIES, parse_target("emulator"), "k", tmp_path)
    assert not set(PROXIES) & set(here)


def test_the_remote_is_the_target(tmp_path: Path) -> None:
    got = push_environment({}, parse_target("emulator"), "k", tmp_path)
    assert got["BASETEN_TRUSS_AUTH_REMOTE_URL"] == "http://127.0.0.1:8791"


def test_a_prepared_home_leaves_truss_nothing_to_write(tmp_path: Path) -> None:
    prepare_home(tmp_path)
    settings = (tmp_path / ".config" / "truss" / "settings.toml").read_text()
    assert "check_for_updates = false" in settings


PUSHED = {
    "model_id": "m1",
    "model_version_id": "d1",
    "predict_url": "https://model-m1.api.baseten.co/deployment/d1/predict",
    "logs_url": "https://app.baseten.co/models/m1/logs/d1",
    "is_draft": False,
}


def test_the_ids_of_a_push_that_worked_are_read() -> None:
    assert parse_answer(Answer(0, json.dumps(PUSHED, indent=2), "Deploying …")) == PUSHED


def said(message: str, **more: object) -> str:
    return json.dumps({"error": {"message": message, **more}})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(1, said("nope", error_code="RESOURCE_NOT_FOUND"), "Error: x"), "nope"),
        (
            Answer(1, said("401 Client Error", status_code=401, response_body={"error": "U"}), ""),
            "401 Client Error",
        ),
        (
            Answer(1, said("Validation failed with:\n  server_port 8080 is reserved"), ""),
            "Validation failed with: server_port 8080 is reserved",
        ),
        (Answer(1, said(""), "Usage: …\nError: no model name\n\n"), "Error: no model name"),
        (
            Answer(2, "", "Usage: truss push\n\nNo such option: --output"),
            "No such option: --output",
        ),
        (Answer(-15, "", ""), "it said nothing"),
        (Answer(1, "", "Aborted.\n"), "Aborted."),
        (Answer(0, "{}", "strange"), "strange"),
        (Answer(0, "[]", "strange"), "strange"),
        (Answer(1, '{"error": "flat"}', "strange"), "strange"),
        (Answer(0, "null", "strange"), "strange"),
        (Answer(1, json.dumps(PUSHED), "died late"), "died late"),
    ],
)
def test_a_push_that_failed_is_told_in_truss_own_words_on_one_line(
    answer: Answer, told: str
) -> None:
    with pytest.raises(UserError) as caught:
        parse_answer(answer)
    assert str(caught.value) == f"truss push failed: {told}"


def test_a_push_that_does_not_end_is_stopped_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truss_cli, "become_truss", lambda *_: signal.pause())
    told = r"truss push did not end within 0\.001 minutes and was stopped: .* run `pulumi up`"
    before = psutil.Process().children()
    with pytest.raises(UserError, match=told):
        run_truss([], {}, tmp_path, seconds=0.06)
    assert psutil.Process().children() == before


def test_truss_runs_in_an_interpreter_of_its_own_where_a_process_cannot_be_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same truss, environment and answer; nothing of ours is in its environment."""
    monkeypatch.setattr(truss_cli, "CAN_FORK", False)
    monkeypatch.delattr(os, "fork")
    prepare_home(tmp_path / "home")
    environment = push_environment(
        os.environ, parse_target("emulator", None), "a-key", tmp_path / "home"
    )

    version = run_truss(["--version"], environment, tmp_path)
    refused = run_truss(["push", str(tmp_path / "nothing")], environment, tmp_path)

    assert version.exit_code == 0
    assert metadata.version("truss") in version.stdout
    assert refused.exit_code != 0
    assert "nothing" in refused.stdout


def test_a_new_interpreter_that_does_not_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truss_cli, "CAN_FORK", False)
    before = psutil.Process().children()
    with pytest.raises(UserError, match="did not end within"):
        run_truss(["--version"], {}, tmp_path, seconds=0.01)
    assert psutil.Process().children() == before


@pytest.mark.parametrize(
    "said",
    [
        b"\xff\xfe not UTF-8",
        b"[" * 100_000,
        b'{"error": {"message": "' + b"long " * 100_000 + b'"}}',
        b'{"model_id": 3, "model_version_id": "d1", "predict_url": "x"}',
        b'{"model_version_id": "d1"}',
    ],
)
def test_whatever_truss_repeats_of_a_server_is_one_line(
    said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def become(_: object, __: object, folder: Path, ___: object) -> None:
        (folder / "stdout").write_bytes(said)
        (folder / "stderr").write_bytes(said)
        os._exit(0)

    monkeypatch.setattr(truss_cli, "become_truss", become)
    with pytest.raises(UserError, match=r"^truss push failed: ") as caught:
        parse_answer(run_truss([], {}, tmp_path))
    assert len(str(caught.value)) <= 500


@pytest.mark.parametrize(
    ("version", "start"),
    [
        (None, "truss is not installed"),
        ("0.9.1", "truss 0.9.1 is too old"),
        ("0.18.25", "truss 0.18.25 is too old"),
        ("0.18.26", None),
        ("0.18.35", None),
        ("1.0.0", None),
    ],
)
def test_a_truss_that_cannot_push_is_told_before_any_push(
    version: str | None, start: str | None
) -> None:
    problem = truss_version_problem(version)
    if start is None:
        assert problem is None
    else:
        assert problem is not None
        assert problem.startswith(start)
        assert "make setup" in problem
