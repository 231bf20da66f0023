"""What a command leaves behind when it is killed: nothing."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from baseten_tei.baseten.processes.keeper import left_behind
from baseten_tei.baseten.processes.temporary_folders import remove_abandoned, temporary_folder
from tests.unit.baseten.test_starter import runs, until

COMMAND = """
import os, signal, subprocess, sys, time
from baseten_tei.baseten.processes.keeper_client import kept_folder, kept_group

stubborn = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"
with kept_folder("test-kept-") as folder:
    child = subprocess.Popen([sys.executable, "-c", stubborn], process_group=0, cwd=folder)
    with kept_group(child.pid):
        with open(sys.argv[1], "w") as report:
            report.write(f"{child.pid} {folder}\\n")
        if sys.argv[2] == "ends":
            child.kill()
            child.wait()
        else:
            time.sleep(600)
"""


def test_what_was_told_and_not_done_is_left_behind_the_last_first() -> None:
    lines = [
        '["folder", "/a"]',
        '["group", 7]',
        '["group", 8]',
        '["done", "group", 7]',
        '["group", 9]',
    ]
    assert left_behind(lines) == [("group", 9), ("group", 8), ("folder", "/a")]


def test_a_command_that_was_told_nothing_leaves_nothing() -> None:
    assert left_behind([]) == []


def keepers(temporary: Path) -> list[int]:
    """Processes of `keeper`, known by their TMPDIR."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"TMPDIR={temporary}\0".encode() in (process / "environ").read_bytes()
            if marked and b"keeper.py" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:  # ended meanwhile
            continue
    return found


@pytest.mark.parametrize("how", ["SIGKILL", "SIGHUP", "SIGTERM", "ends"])
def test_a_command_that_ends_however_leaves_no_process_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    report = tmp_path / "report"
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(report), how], start_new_session=True
    )
    until(lambda: report.is_file() and report.read_text().endswith("\n"))
    child, folder = report.read_text().split()
    if how != "ends":
        os.killpg(command.pid, signal.Signals[how])
    command.wait()
    until(lambda: not runs(int(child)) and not Path(folder).exists())
    until(lambda: not keepers(tmp_path))


def test_a_folder_in_use_stays_and_one_whose_user_was_killed_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = """
import os, signal
from baseten_tei.baseten.processes.temporary_folders import temporary_folder
with temporary_folder("kind-"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    [abandoned] = tmp_path.iterdir()
    (tmp_path / "kind-of-another").mkdir()
    with temporary_folder("kind-") as mine:
        assert not abandoned.exists()
        remove_abandoned("kind-")
        assert mine.is_dir()
    assert [it.name for it in tmp_path.iterdir()] == ["kind-of-another"]
