"""What `pulumi install` runs with the stand-in host, and where the helper works before there is a project."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_engine.errors import EngineError
from pulumi_engine.project import project_folder
from pulumi_engine.standins.install import install_commands, run_commands

PIP = ("-m", "pip", "install", "--disable-pip-version-check", "-r")
VENV = {"toolchain": "pip", "virtualenv": "venv"}


def commands(folder: Path, options: dict[str, Any], *files: str) -> list[tuple[str, ...]]:
    (folder / "infra").mkdir()
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    found = install_commands(folder, folder / "infra", options, "python3")
    return [tuple(word.removeprefix(f"{folder}/") for word in command) for command in found]


@pytest.mark.parametrize(
    ("options", "files", "run"),
    [
        (VENV, [], [("python3", "-m", "venv", "venv")]),
        (
            VENV,
            ["requirements.txt"],
            [("python3", "-m", "venv", "venv"), ("venv/bin/python", *PIP, "requirements.txt")],
        ),
        (VENV, ["venv/bin/python"], []),
        (
            VENV,
            ["venv/bin/python", "requirements.txt", "infra/requirements.txt"],
            [("venv/bin/python", *PIP, "infra/requirements.txt")],
        ),
        ({"toolchain": "uv"}, ["requirements.txt"], [("uv", "sync")]),
        ({"toolchain": "poetry"}, [], [("poetry", "install", "--no-ansi", "--no-root")]),
        ({}, ["requirements.txt"], []),
    ],
)
def test_each_toolchain_installs_as_the_official_host_has_it(
    tmp_path: Path, options: dict[str, Any], files: list[str], run: list[tuple[str, ...]]
) -> None:
    assert commands(tmp_path, options, *files) == run


def test_what_is_run_is_shown_and_a_failure_names_the_command(tmp_path: Path) -> None:
    fails = (sys.executable, "-c", "print('seen'); raise SystemExit(3)")
    running = run_commands([fails], tmp_path)
    assert next(running) == b"seen\n"
    with pytest.raises(RuntimeError, match="ended with exit code 3"):
        next(running)


def test_a_folder_with_the_virtual_environment_does_before_there_is_a_project(
    tmp_path: Path,
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    assert project_folder(tmp_path, tmp_path / "venv") == tmp_path
    with pytest.raises(EngineError, match=r"there is no Pulumi\.yaml in .*/inner or above"):
        project_folder(inner, tmp_path / "venv")
    (tmp_path / "Pulumi.yaml").touch()
    assert project_folder(inner, inner / "venv") == tmp_path


def test_a_folder_that_is_named_from_where_one_stands_is_found_from_everywhere(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "pulumi_engine", "--project", ".", "env"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr.startswith(f"engine: {tmp_path} has no engine yet")
