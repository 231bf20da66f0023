"""A file of the reader's is written whole or not at all; a full disk is one line, and the old file."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.errors import UserError
from baseten_tei.facts.files.write_files import write_private, write_whole

OLD = "old\n" * 100
NEW = "new\n" * 10_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "folder" / "Pulumi.dev.yaml"
    found.parent.mkdir()
    found.write_text(OLD)
    return found


def test_mode_and_link_stay_and_nothing_is_left_beside(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    write_whole(link, NEW)
    assert link.is_symlink()
    assert path.read_text() == NEW
    assert path.stat().st_mode & 0o7777 == 0o640
    assert [*path.parent.iterdir()] == [path]


def test_a_new_file_and_its_folders_get_the_usual_mode(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.txt", "é")
    usual = tmp_path / "usual"
    usual.touch()
    assert (tmp_path / "a" / "b.txt").read_bytes() == "é".encode()
    assert (tmp_path / "a" / "b.txt").stat().st_mode == usual.stat().st_mode


def current_mask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_a_private_file_is_its_owners_alone_whatever_was_there(path: Path, tmp_path: Path) -> None:
    mask = current_mask()
    path.chmod(0o644)
    for each in (path, tmp_path / "new.yaml"):
        write_private(each, NEW)
        assert (each.read_text(), each.stat().st_mode & 0o7777) == (NEW, 0o600)
    assert current_mask() == mask


def test_nothing_private_is_written_where_a_log_may_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    program = (
        "import sys; from pathlib import Path\n"
        "from baseten_tei.facts.files.write_files import write_private\n"
        "write_private(Path(sys.argv[1]), 's3cret')\n"
    )
    log = tmp_path / "log"
    for place in (str(tmp_path / "pipe"), "/dev/stdout", "/dev/stderr", "/dev/null"):
        with log.open("w") as file:
            ended = subprocess.run(
                [sys.executable, "-c", program, place], stdout=file, stderr=file, check=False
            )
        assert ended.returncode == 1, place
        assert "is not a file of its own" in log.read_text()
        assert "s3cret" not in log.read_text()


@pytest.mark.parametrize("call", ["fsync", "replace", "fchmod"])
def test_a_full_disk_is_one_line_and_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path if call == "replace" else os, call, full)
    with pytest.raises(UserError) as refusal:
        write_whole(path, NEW)
    [line] = refusal.value.problems
    assert line.startswith(
        f"{path}: could not be written (No space left on device), and is as it was"
    )
    assert path.read_text() == OLD
    assert [*path.parent.iterdir()] == [path]


def test_a_process_that_may_write_no_more_leaves_the_old_file(path: Path) -> None:
    """As a quota does it: the kernel stops in the middle of a write."""
    program = (
        "import sys; from pathlib import Path\n"
        "from baseten_tei.facts.files.write_files import write_whole\n"
        f"write_whole(Path({str(path)!r}), 'new' * 100_000)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-B", "-c", program],  # half a .pyc would outlive the test
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        capture_output=True,
        text=True,
    )
    assert "could not be written (File too large)" in ended.stderr
    assert path.read_text() == OLD
    assert [*path.parent.iterdir()] == [path]


def test_a_folder_or_an_impossible_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it is a folder"):
        write_whole(tmp_path, NEW)
    with pytest.raises(UserError, match="could not be written"):
        write_whole(tmp_path / "x", "\ud800")
    assert [*tmp_path.iterdir()] == []


def test_no_command_writes_a_file_of_the_readers_in_another_way() -> None:
    """Left are files of our own: the push step's, the cache of `status`."""
    package = Path(__file__).parents[3] / "infra" / "baseten_tei"
    own = {"write_files.py", "push.py", "truss_cli.py", "status_files.py"}
    writers = {
        found.name
        for found in package.rglob("*.py")
        if ".write_text(" in found.read_text() or ".write_bytes(" in found.read_text()
    }
    assert writers <= own
