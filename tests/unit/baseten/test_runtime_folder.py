"""A private folder for locks, whatever others put where it should be; all processes of a user find the same one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from baseten_tei.baseten.runtime_folder import runtime_folder
from baseten_tei.errors import UserError

SHOW = "from baseten_tei.baseten.runtime_folder import runtime_folder; print(runtime_folder())"
NOBODY = 65534


@pytest.fixture(autouse=True)
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The usual folder's place; nothing of this machine's own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return temporary / f"baseten-tei-{os.getuid()}"


def others(usual: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a folder to someone else")
    usual.mkdir(mode=0o700)
    os.chown(usual, NOBODY, NOBODY)


def link(usual: Path) -> None:
    (usual.parent / "elsewhere").mkdir(mode=0o700)
    usual.symlink_to(usual.parent / "elsewhere")


def loose(usual: Path) -> None:
    usual.mkdir()
    usual.chmod(0o777)


TAKEN: dict[str, Callable[[Path], None]] = {
    "belongs to someone else": others,
    "is a link": link,
    "is a link to nothing": lambda it: it.symlink_to("/nowhere/at/all"),
    "can be opened by others": loose,
    "is a file": lambda it: it.write_text(""),
}


def private(path: Path) -> bool:
    return path.lstat().st_mode & 0o777 == 0o700 and path.lstat().st_uid == os.getuid()


def test_the_usual_folder_is_among_the_temporary_files(usual: Path) -> None:
    assert runtime_folder() == usual
    assert private(usual)


@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN)
def test_the_sessions_folder_is_taken_where_the_usual_one(
    taken: Callable[[Path], None], usual: Path, tmp_path: Path
) -> None:
    taken(usual)
    (tmp_path / "session").mkdir(mode=0o700)
    assert runtime_folder() == tmp_path / "session" / "baseten-tei"
    assert private(runtime_folder())


@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN)
def test_without_a_session_it_is_the_users_state_and_all_processes_agree(
    taken: Callable[[Path], None], usual: Path, tmp_path: Path
) -> None:
    taken(usual)
    found = runtime_folder()
    assert found == tmp_path / "state" / "baseten-tei" / "run"
    command = [sys.executable, "-c", SHOW]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.strip() == str(found)


def test_a_session_that_others_can_open_is_passed_over(usual: Path, tmp_path: Path) -> None:
    loose(usual)
    (tmp_path / "session").mkdir()
    (tmp_path / "session").chmod(0o755)
    assert runtime_folder() == tmp_path / "state" / "baseten-tei" / "run"


def test_with_no_home_either_it_is_the_next_name_and_then_one_line(
    usual: Path, tmp_path: Path
) -> None:
    loose(usual)
    (tmp_path / "state").write_text("no folder")
    assert runtime_folder() == usual.with_name(f"{usual.name}-1")
    for number in range(1, 10):
        path = usual.with_name(f"{usual.name}-{number}")
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    with pytest.raises(UserError, match="no private folder for locks") as caught:
        runtime_folder()
    assert len(caught.value.problems) == 1
