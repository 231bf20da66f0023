"""The project of the engine that started this process: its folder, or an error."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from baseten_tei.engine_project import engine_workspace
from baseten_tei.errors import UserError


def processes_above(monkeypatch: pytest.MonkeyPatch, *processes: tuple[str, object]) -> None:
    """Names and folders, the nearest first; an exception for a folder that may not be seen."""

    def parents(_process: psutil.Process) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(name=lambda name=name: name, cwd=lambda folder=folder: seen(folder))
            for name, folder in processes
        ]

    monkeypatch.setattr(psutil.Process, "parents", parents)


def seen(folder: object) -> str:
    if isinstance(folder, Exception):
        raise folder
    return str(folder)


def project(folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    return folder


def test_it_is_the_project_of_the_nearest_engine_and_not_of_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, other = project(tmp_path / "root", "search"), project(tmp_path / "other", "search")
    (root / "below").mkdir()
    hosts = [("pulumi-language-python", other), ("python3", other)]
    processes_above(
        monkeypatch, *hosts, ("pulumi", root / "below"), ("bash", other), ("pulumi", other)
    )
    assert engine_workspace("search", "dev").root == root


def test_another_project_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes_above(monkeypatch, ("pulumi", project(tmp_path / "root", "billing")))
    with pytest.raises(UserError, match="is project 'billing', and the policies were called for"):
        engine_workspace("search", "dev")


@pytest.mark.parametrize("above", [[], [("bash", "/")], [("pulumi", psutil.AccessDenied(1))]])
def test_an_engine_that_cannot_be_seen_is_an_error(
    monkeypatch: pytest.MonkeyPatch, above: list[tuple[str, object]]
) -> None:
    processes_above(monkeypatch, *above)
    with pytest.raises(UserError, match="the policies cannot see in which folder pulumi runs"):
        engine_workspace("search", "dev")


def test_a_folder_without_a_project_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes_above(monkeypatch, ("pulumi", tmp_path))
    with pytest.raises(UserError, match=r"there is no Pulumi\.yaml"):
        engine_workspace("search", "dev")
