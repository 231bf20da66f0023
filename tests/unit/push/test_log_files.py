"""Logs of pushes: for their user's eyes, one for each model of each stack, and not for ever."""

import os
from pathlib import Path

import pytest

from baseten_tei.deployment.push_job import Job
from baseten_tei.push import log_files
from baseten_tei.push.log_files import keep_log, log_path


def job(model: str = "bge", stack: str = "dev", project: str = "p") -> Job:
    labels = {"pulumi_project": project, "pulumi_stack": stack}
    return Job(model, "digest", labels, 30, None, "emulator", "{}")


def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


def modes(path: Path) -> list[int]:
    return [it.stat().st_mode & 0o777 for it in (path, *path.parents[:3])]


def test_a_log_can_be_read_by_its_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = log_path(job(), environ(tmp_path))
    before = os.umask(0)
    try:
        keep_log(path, "said")
    finally:
        os.umask(before)
    assert path.read_text() == "said"
    assert modes(path) == [0o600, 0o700, 0o700, 0o700]


def test_a_folder_and_a_log_of_an_older_version_become_private(tmp_path: Path) -> None:
    path = log_path(job(), environ(tmp_path))
    path.parent.mkdir(parents=True)
    path.write_text("old")
    for it in (path, *path.parents[:3]):
        it.chmod(0o777)
    keep_log(path, "new")
    assert path.read_text() == "new"
    assert modes(path) == [0o600, 0o700, 0o700, 0o700]


def test_a_log_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    path, mine = log_path(job(), environ(tmp_path)), tmp_path / "mine"
    mine.write_text("kept")
    path.parent.mkdir(parents=True)
    path.symlink_to(mine)
    keep_log(path, "said")
    assert (path.read_text(), mine.read_text()) == ("said", "kept")


def test_stacks_and_projects_have_logs_of_their_own(tmp_path: Path) -> None:
    jobs = [job(), job(stack="prod"), job(project="q"), job(model="other"), job(stack="../x")]
    jobs += [job("検索"), job("検査"), job("my bge"), job("my-bge")]
    paths = {log_path(it, environ(tmp_path)) for it in jobs}
    assert len(paths) == len(jobs)
    assert all(tmp_path / "baseten-tei" / "push" in path.parents for path in paths)
    assert not [path for path in paths if ".." in path.parts]


def test_only_so_many_logs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MOST", 3)
    old = tmp_path / "baseten-tei" / "push" / "of-an-older-version.log"
    old.parent.mkdir(parents=True)
    old.write_text("said")
    os.utime(old, (1, 1))
    for number in range(5):
        path = log_path(job(f"model-{number}", f"stack-{number % 2}"), environ(tmp_path))
        keep_log(path, "said")
        os.utime(path, (number + 2, number + 2))
    left = sorted(path.name for path in old.parent.rglob("*.log"))
    assert left == ["model-2.log", "model-3.log", "model-4.log"]
