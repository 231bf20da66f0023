"""What a process of ours does once whoever started it is gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from baseten_tei.baseten.processes.starter import STARTER, PluginsEngine, engine_gone

SECONDS = 30.0
BETWEEN = """
import subprocess, sys, time
subprocess.Popen(sys.argv[1:])
time.sleep(600)
"""
"""Starts something, and is killed."""
PROVIDER = """
from baseten_tei.provider.__main__ import main
main()
"""


def runs(process: int) -> bool:
    """Whether a process is there, and has not merely not been buried yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


class Family:
    """The processes above a push step, by id: its parent, and that one's."""

    def __init__(self) -> None:
        self.parents = {100: 50, 50: 40, 40: 30}  # step, plugin, engine, shell
        self.sessions = {50: 30, 40: 30, 1: 1}

    def watched(self) -> PluginsEngine:
        return PluginsEngine(lambda: self.parents[100], self.parents.get, self.sessions.__getitem__)


def test_an_engine_and_a_plugin_that_stay_are_there() -> None:
    engine = Family().watched()
    assert [engine.is_gone() for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("heir", [1, 20])  # init, or a subreaper
@pytest.mark.parametrize("who", [100, 50])
def test_an_engine_or_a_plugin_that_ends_is_seen_by_who_is_parent_then(who: int, heir: int) -> None:
    family = Family()
    engine = family.watched()
    assert not engine.is_gone()
    family.parents[who] = heir
    assert engine.is_gone()


def test_a_plugin_that_is_not_to_be_seen_any_more_is_gone() -> None:
    family = Family()
    engine = family.watched()
    del family.parents[50]
    assert engine.is_gone()


def test_an_engine_that_ended_before_the_first_look_is_known_by_its_heirs_session() -> None:
    family = Family()
    engine = family.watched()
    family.parents[50] = 1
    assert engine.is_gone()


def test_an_engine_that_is_process_1_of_a_container_is_an_engine() -> None:
    family = Family()
    family.parents[50], family.sessions = 1, {50: 1, 1: 1}
    assert not family.watched().is_gone()


def test_a_parent_that_leads_a_session_of_its_own_says_nothing_about_the_one_above() -> None:
    """A step that a shell or a test runs: what is above that is of another session, and there."""
    family = Family()
    family.sessions[50] = 50
    engine = family.watched()
    assert [engine.is_gone() for _ in range(2)] == [False] * 2


def test_a_push_that_a_command_of_ours_runs_ends_with_that_command_alone() -> None:
    assert not engine_gone({STARTER: str(os.getppid())})()
    assert engine_gone({STARTER: "1" if os.getppid() != 1 else "2"})()


def started_below(command: list[str], report: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A process that starts another one, and that one's id; it writes its id into `report` once it is watching."""
    between = subprocess.Popen([sys.executable, "-c", BETWEEN, *command])
    until(lambda: report.is_file() and report.read_text().endswith("\n"))
    return between, int(report.read_text())


def provider(report: Path, *arguments: str) -> list[str]:
    """A provider that writes its id, in place of its port, into a file."""
    script = f"""
import os, sys
import baseten_tei.provider.__main__ as provider
provider.print = lambda port, flush: open({str(report)!r}, "w").write(f"{{os.getpid()}}\\n")
provider.main()
"""
    return [sys.executable, "-c", script, *arguments]


def test_the_provider_ends_with_its_engine(tmp_path: Path) -> None:
    engine, process = started_below(provider(tmp_path / "id", "127.0.0.1:9"), tmp_path / "id")
    assert runs(process)
    engine.kill()
    engine.wait()
    until(lambda: not runs(process))


def test_a_provider_whose_engine_ended_before_it_could_say_its_port_ends_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-c", PROVIDER, "127.0.0.1:9"], stdout=writer, stderr=subprocess.PIPE,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    os.close(writer)
    assert ended.stderr == b""


def test_a_provider_that_is_started_by_hand_serves_on(tmp_path: Path) -> None:
    """`PULUMI_DEBUG_PROVIDERS` names its port then."""
    shell, process = started_below(provider(tmp_path / "id"), tmp_path / "id")
    try:
        shell.kill()
        shell.wait()
        time.sleep(1.5)  # three looks
        assert runs(process)
    finally:
        os.kill(process, signal.SIGKILL)


IN_ORDER = """
import os, subprocess, sys, time
from baseten_tei.baseten.processes.starter import end_in_order, end_quietly_when_interrupted, parent_gone, watch
from baseten_tei.baseten.processes.temporary_folders import temporary_folder

end_quietly_when_interrupted()
watch(parent_gone(), end_in_order)
with temporary_folder("test-in-order-"):
    with open(sys.argv[1], "w") as report:
        report.write(f"{os.getpid()}\\n")
    if sys.argv[2] == "stubborn":
        while True:
            try:
                time.sleep(600)
            except SystemExit:
                pass
    time.sleep(600)
"""


@pytest.mark.parametrize("how", ["gone", "SIGTERM", "SIGHUP", "SIGINT"])
def test_what_ends_in_order_removes_its_folder_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    between, process = started_below(
        [sys.executable, "-c", IN_ORDER, str(tmp_path / "id"), "docile"], tmp_path / "id"
    )
    assert list(tmp_path.glob("test-in-order-*"))
    if how == "gone":
        between.kill()
        between.wait()
    else:
        os.kill(process, signal.Signals[how])
    until(lambda: not runs(process))
    assert not list(tmp_path.glob("test-in-order-*"))
    assert capfd.readouterr().err == ""
    between.kill()
    between.wait()


def test_what_does_not_end_in_order_ends_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    between, process = started_below(
        [sys.executable, "-c", IN_ORDER, str(tmp_path / "id"), "stubborn"], tmp_path / "id"
    )
    between.kill()
    between.wait()
    until(lambda: not runs(process))
