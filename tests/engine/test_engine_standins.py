"""The stand-ins without an engine: what differs, what a command sees, how it ends."""

import os
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

from pulumi_engine.versions import COMMAND_PLUGIN
from standins.command import Command, CommandFailedError, environment, logged_streams
from standins.inputs import SECRET, SIGNATURE, differences, plain
from standins.program import foreign_environment, program_traceback


def command(text: str, previous: dict[str, str] | None = None, **inputs: Any) -> Command:
    return Command(text, inputs, previous or {}, log=lambda _line: None)


def test_the_stand_in_is_of_the_version_that_the_installed_sdk_asks_for() -> None:
    pulumi_command = pytest.importorskip("pulumi_command")
    asked = Path(pulumi_command.__file__).with_name("pulumi-plugin.json").read_text()

    assert f'"version": "{COMMAND_PLUGIN}"' in asked


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": "1"}, {"a": "1"}, {}),
        ({"a": "1"}, {"a": "2"}, {"a": "update"}),
        ({}, {"a": "1"}, {"a": "add"}),
        ({"a": "1"}, {}, {"a": "delete"}),
        ({"e": {"X": "1"}}, {"e": {"X": "2", "Y": "3"}}, {"e.X": "update", "e.Y": "add"}),
        ({"t": [1.0, 2.0]}, {"t": [1.0]}, {"t[1]": "delete"}),
        ({"t": [{"a": 1.0}]}, {"t": [{"a": 2.0}]}, {"t[0].a": "update"}),
        ({"a": ["x"]}, {"a": "x"}, {"a": "update"}),
    ],
)
def test_differences_go_down_to_the_leaves(old: Any, new: Any, expected: dict[str, str]) -> None:
    assert dict(differences(old, new)) == expected


def test_secrets_are_unwrapped_at_any_depth() -> None:
    def secret(value: Any) -> dict[str, Any]:
        return {SIGNATURE: SECRET, "value": value}

    assert plain({"a": secret({"b": [secret("c")]}), "d": 1.0}) == {"a": {"b": ["c"]}, "d": 1.0}


def test_output_is_kept_less_one_final_newline() -> None:
    kept = command("printf 'a\\n\\n'; printf b >&2").run()

    assert kept == {"stdout": "a\n", "stderr": "b"}


def test_no_stdin_and_empty_stdin_are_an_end_of_file() -> None:
    assert command("cat").run()["stdout"] == ""
    assert command("cat", stdin="").run()["stdout"] == ""


def test_a_stdin_larger_than_a_pipe_goes_through() -> None:
    text = "x" * 300_000

    assert command("cat", stdin=text).run()["stdout"] == text


def test_a_command_that_does_not_read_its_stdin_succeeds() -> None:
    assert command("true", stdin="x" * 300_000).run() == {"stdout": "", "stderr": ""}


def test_a_long_line_without_an_end_is_no_trouble() -> None:
    assert len(command("head -c 200000 /dev/zero | tr '\\0' x").run()["stdout"]) == 200_000


def test_a_command_runs_in_dir_and_by_its_interpreter(tmp_path: Path) -> None:
    run = command(
        "print(__import__('os').getcwd())", dir=str(tmp_path), interpreter=["python3", "-c"]
    )

    assert run.run()["stdout"] == str(tmp_path)


def test_the_environment_is_the_engines_then_the_inputs_then_the_previous_output() -> None:
    inputs = {"environment": {"A": "input", "PULUMI_COMMAND_STDOUT": "input"}}
    previous = {"stdout": "before", "stderr": ""}

    seen = environment({"A": "engine", "B": "engine"}, inputs, previous)

    assert seen == {"A": "input", "B": "engine", "PULUMI_COMMAND_STDOUT": "before"}


def test_previous_output_can_be_kept_out_of_the_environment() -> None:
    inputs = {"addPreviousOutputInEnv": False}

    assert environment({}, inputs, {"stdout": "x", "stderr": "y"}) == {}


@pytest.mark.parametrize(
    ("logging", "streams"),
    [
        ({}, {"stdout", "stderr"}),
        ({"logging": "stdoutAndStderr"}, {"stdout", "stderr"}),
        ({"logging": "stdout"}, {"stdout"}),
        ({"logging": "stderr"}, {"stderr"}),
        ({"logging": "none"}, set()),
    ],
)
def test_logging_says_which_streams_are_shown(logging: dict[str, str], streams: set[str]) -> None:
    shown: list[str] = []

    Command("echo stdout; echo stderr >&2", logging, {}, shown.append).run()

    assert logged_streams(logging) == streams
    assert set(shown) == streams


def test_a_failure_tells_status_command_and_all_output() -> None:
    with pytest.raises(CommandFailedError) as told:
        command('echo "out"; echo err >&2; exit 3').run()

    text = str(told.value)
    assert text.startswith('exit status 3: running "echo \\"out\\"; echo err >&2; exit 3":\n')
    assert set(text.splitlines()[1:]) == {"out", "err"}


def test_a_command_that_cannot_start_says_what_is_missing() -> None:
    with pytest.raises(CommandFailedError, match=r"fork/exec nowhere: .*No such file"):
        command("true", interpreter=["nowhere"]).run()


def test_a_kill_ends_the_command_and_says_so(tmp_path: Path) -> None:
    os.mkfifo(started := tmp_path / "started")
    run = command(f"echo > {started}; exec sleep 600")
    killer = threading.Thread(target=lambda: (started.read_text(), run.kill()))
    killer.start()

    with pytest.raises(CommandFailedError, match="signal: killed"):
        run.run()
    killer.join()


def test_a_command_killed_before_its_start_does_not_start(tmp_path: Path) -> None:
    run = command(f"touch {tmp_path}/ran")
    run.kill()

    with pytest.raises(CommandFailedError, match="context canceled"):
        run.run()

    assert not (tmp_path / "ran").exists()


def test_the_program_must_be_of_our_environment() -> None:
    assert foreign_environment("/p", ".venv", "/p/.venv") is None
    assert foreign_environment("/p", "", "/p/.venv") is None
    assert "run `/p/other/bin/python -m pulumi_engine setup`" in str(
        foreign_environment("/p", "other", "/p/.venv")
    )


def test_a_traceback_starts_in_the_program(tmp_path: Path) -> None:
    (main := tmp_path / "__main__.py").write_text("raise ValueError('no')\n")
    try:
        exec(compile(main.read_text(), str(main), "exec"))  # noqa: S102 -- a program that fails
    except ValueError as error:
        told, whole = program_traceback(error, tmp_path), traceback.format_exc()

    assert __file__ in whole
    assert __file__ not in told
    assert told.endswith("ValueError: no")
