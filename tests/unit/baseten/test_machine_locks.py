"""Locks that hold between processes. A second process only tries: nobody waits on a clock."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from baseten_tei.baseten import machine_locks

TRY = """
import fcntl, sys
found = []
for path in sys.argv[1:]:
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append("free")
        except BlockingIOError:
            found.append("held")
print(" ".join(found))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"baseten-tei-{os.getuid()}"


def seen_by_another_process(paths: list[Path]) -> list[str]:
    """`free` or `held` for each lock, as another process finds it."""
    command = [sys.executable, "-c", TRY, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_a_model_that_is_being_pushed_is_held_for_every_other_process(folder: Path) -> None:
    with machine_locks.one_at_a_time("bge"):
        assert seen_by_another_process(list(folder.glob("lock-*"))) == ["held"]
    assert seen_by_another_process(list(folder.glob("lock-*"))) == ["free"]


def test_another_model_is_free_meanwhile(folder: Path) -> None:
    with machine_locks.one_at_a_time("bge"), machine_locks.one_at_a_time("reranker"):
        assert len(list(folder.glob("lock-*"))) == 2


def test_no_push_waits_for_the_lock_of_a_tuning_whatever_their_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_locks, "LOCKS", 1)
    with machine_locks.one_at_a_time("bge"):
        [of_pushes] = folder.iterdir()
    with machine_locks.one_at_a_time("the stack", machine_locks.TUNING):
        assert seen_by_another_process([of_pushes]) == ["free"]


def test_a_lock_is_freed_however_its_holder_ends(folder: Path) -> None:
    with pytest.raises(RuntimeError), machine_locks.one_at_a_time("bge"):
        raise RuntimeError
    assert seen_by_another_process(list(folder.glob("lock-*"))) == ["free"]


def test_a_lock_of_a_killed_holder_is_held_until_its_fork_has_ended(folder: Path) -> None:
    """A push that goes on in a fork, as truss does, is a push still."""
    read, write = os.pipe()
    holder = os.fork()
    if holder == 0:  # pragma: no cover - in the fork
        with machine_locks.one_at_a_time("bge"):
            if os.fork() == 0:
                os.close(write)
                os.read(read, 1)  # until the test closes its end
                os._exit(0)
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(holder, 0)
    [lock] = folder.glob("lock-*")
    assert seen_by_another_process([lock]) == ["held"]
    os.close(write)
    with machine_locks.one_at_a_time("bge"):  # waits for the fork's end
        assert seen_by_another_process([lock]) == ["held"]


def test_there_are_as_many_slots_as_were_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third holder finds both taken, and gets one as soon as one is given back."""
    with machine_locks.a_slot(2):
        second = machine_locks.a_slot(2)
        second.__enter__()
        assert seen_by_another_process(sorted(folder.glob("slot-?"))) == ["held", "held"]
        pauses: list[float] = []

        def give_one_back(seconds: float) -> None:
            pauses.append(seconds)
            second.__exit__(None, None, None)

        monkeypatch.setattr(machine_locks.time, "sleep", give_one_back)
        with machine_locks.a_slot(2):
            assert len(pauses) == 1
            assert seen_by_another_process(sorted(folder.glob("slot-?"))) == ["held", "held"]


def test_a_system_that_does_not_tell_its_cores_still_has_a_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    with machine_locks.a_slot():
        pass


def test_locks_stand_in_a_folder_of_our_own(folder: Path) -> None:
    with machine_locks.one_at_a_time("a/../b"):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [path.parent for path in folder.iterdir()] == [folder]


def test_a_thousand_names_leave_no_more_files_than_are_counted(folder: Path) -> None:
    for number in range(1000):
        with machine_locks.one_at_a_time(f"http://127.0.0.1:{number} model-{number}"):
            pass
    assert len(list(folder.iterdir())) <= machine_locks.LOCKS


def test_a_lock_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("kept")
    folder.mkdir(mode=0o700)
    for number in range(machine_locks.LOCKS):
        (folder / f"lock-{number:02}").symlink_to(mine)
    with pytest.raises(OSError, match="symbolic links"), machine_locks.one_at_a_time("bge"):
        pass
    assert mine.read_text() == "kept"
