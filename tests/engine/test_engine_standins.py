"""The stand-ins without an engine: what differs, what a command sees, how it ends."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pulumi_engine.standins import pack
from pulumi_engine.standins.command import Command, CommandFailedError, environment, logged_streams
from pulumi_engine.standins.inputs import SECRET, SIGNATURE, differences, plain
from pulumi_engine.standins.program import foreign_environment, program_traceback
from pulumi_engine.versions import COMMAND_PLUGIN

ENGINE = Path(__file__).parents[2] / "engine"


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
    assert foreign_environment("/p", ".venv", "/p/.venv", "Pulumi.yaml") is None
    assert foreign_environment("/p", "", "/p/.venv", "Pulumi.yaml") is None
    assert foreign_environment("/p/policy", "../.venv", "/p/.venv", "PulumiPolicy.yaml") is None
    refusal = str(foreign_environment("/p", "other", "/p/.venv", "PulumiPolicy.yaml"))
    assert refusal.startswith("PulumiPolicy.yaml says `virtualenv: other` (/p/other), but")
    assert "run `/p/other/bin/python -m pulumi_engine setup`" in refusal


def test_a_traceback_starts_in_the_program(tmp_path: Path) -> None:
    (main := tmp_path / "__main__.py").write_text("raise ValueError('no')\n")
    try:
        exec(compile(main.read_text(), str(main), "exec"))  # noqa: S102 -- a program that fails
    except ValueError as error:
        told, whole = program_traceback(error, tmp_path), traceback.format_exc()

    assert __file__ in whole
    assert __file__ not in told
    assert told.endswith("ValueError: no")


def pack_request(folder: Path, program: str, **environ: str) -> Any:
    """What the engine asks for a policy pack: a RunPluginRequest."""
    (folder / "pack").mkdir()
    (folder / "pack/__main__.py").write_text(program)
    return SimpleNamespace(
        args=["127.0.0.1:7"],
        pwd=str(folder),
        env=[f"{name}={value}" for name, value in environ.items()],
        info=SimpleNamespace(program_directory=str(folder / "pack")),
    )


def test_a_pack_is_run_by_the_sdk_with_the_engines_arguments(tmp_path: Path) -> None:
    ran = pack.command(pack_request(tmp_path, ""))

    assert ran == [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:7", f"{tmp_path}/pack"]


def test_what_a_pack_prints_is_passed_on_before_its_exit_code(tmp_path: Path) -> None:
    program = "import sys; print('one'); print('two', file=sys.stderr); print('three', end=''); sys.exit(3)"

    *printed, last = pack.outputs(pack.start(pack_request(tmp_path, program)))

    assert [text for name, text in printed if name == "stdout"] == [b"one\n", b"three"]
    assert ("stderr", b"two\n") in printed
    assert last == ("exitcode", 3)


def test_a_pack_sees_its_own_folder_and_the_environment_that_the_engine_gives_it(
    tmp_path: Path,
) -> None:
    program = "import os; print(os.getcwd(), os.environ['A'], 'HOME' in os.environ)"

    first, _ = pack.outputs(pack.start(pack_request(tmp_path, program, A="b=c")))

    assert first == ("stdout", f"{tmp_path}/pack b=c False\n".encode())


def test_a_killed_pack_ends_its_output(tmp_path: Path) -> None:
    process = pack.start(pack_request(tmp_path, "import time; print(1); time.sleep(600)"))
    outputs = pack.outputs(process)
    assert next(outputs) == ("stdout", b"1\n")

    process.kill()

    assert list(outputs) == [("exitcode", -9)]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are named in /proc")
@pytest.mark.parametrize("name", ["language_python", "resource_command"])
def test_an_interrupt_ends_it_whichever_thread_gets_it(name: str) -> None:
    """The main thread of a host that runs no program waits for one, and so would Python's handler."""
    program = f"from pulumi_engine.standins.{name} import main; main()"
    host = subprocess.Popen(
        [sys.executable, "-c", program, "127.0.0.1:9"], cwd=ENGINE, stdout=subprocess.PIPE
    )
    try:
        assert host.stdout is not None
        assert host.stdout.readline().strip().isdigit()
        _wait_until_idle(host.pid)
        others = [int(it.name) for it in Path(f"/proc/{host.pid}/task").iterdir()]
        other = next(it for it in others if it != host.pid)
        assert ctypes.CDLL(None).tgkill(host.pid, other, signal.SIGINT) == 0
        assert host.wait(timeout=30) == 0
    finally:
        host.kill()
        host.wait()


@pytest.mark.parametrize("name", ["language_python", "resource_command"])
def test_it_ends_with_an_engine_that_was_killed_and_takes_along_what_it_started(name: str) -> None:
    started = "import os, subprocess; child = subprocess.Popen(['sleep', '600']).pid"
    program = f"{started}; print(os.getpid(), child); from pulumi_engine.standins.{name} import main; main()"
    script = f"import subprocess, sys, time; subprocess.Popen({[sys.executable, '-u', '-c', program, '127.0.0.1:9']}"
    engine = subprocess.Popen(
        [sys.executable, "-c", f"{script}, process_group=0); time.sleep(600)"],
        cwd=ENGINE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert engine.stdout is not None
    processes = list(map(int, engine.stdout.readline().split()))
    assert engine.stdout.readline().strip().isdigit(), "the port: it serves"

    engine.kill()
    engine.wait()

    deadline = time.monotonic() + 30
    while any(map(_runs, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Whether it is there, and has not merely not been buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("name", ["language_python", "resource_command"])
def test_one_whose_engine_ended_before_it_said_its_port_ends_without_a_word(name: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-c", f"from pulumi_engine.standins.{name} import main; main()", "127.0.0.1:9"],
        cwd=ENGINE, stdout=writer, stderr=subprocess.PIPE, timeout=30, check=False, text=True,
    )  # fmt: skip
    os.close(writer)
    assert "Traceback" not in ended.stderr


def _wait_until_idle(pid: int) -> None:
    """Until the main thread has run nothing for a third of a second, or has looked up from time to time ten times."""
    used = Path(f"/proc/{pid}/task/{pid}/schedstat")
    before = ""
    for _ in range(10):
        now = used.read_text()
        if now == before:
            return
        before = now
        time.sleep(0.3)
