"""What pyproject.toml says beside other people's code: ranges, and a wheel that has all that a stack needs."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from baseten_tei.push.truss_version import OLDEST

ROOT = Path(__file__).parents[2]
PROJECTS = {
    name: tomllib.loads((ROOT / name / "pyproject.toml").read_text())
    for name in (".", "clients/python")
}
NOT_FOR_USERS = {"dev"}
UNCAPPED = {"cryptography", "tzdata"}
"""The major version is another one every few months, or the year."""


def requirements(project: dict[str, Any]) -> list[Requirement]:
    """Return what a user of the package installs, extras included."""
    extras = project["project"].get("optional-dependencies", {})
    wanted = [line for name, lines in extras.items() if name not in NOT_FOR_USERS for line in lines]
    return [Requirement(line) for line in [*project["project"]["dependencies"], *wanted]]


ALL = [wanted for project in PROJECTS.values() for wanted in requirements(project)]


def locked() -> dict[str, Version]:
    """Return the versions that tests run with; the stores' clients and Ray have environments of their own."""
    texts = [
        (ROOT / lock).read_text()
        for lock in (
            "tests/client/ray/requirements.lock",
            "tests/client/stores/requirements.lock",
            "requirements.lock",
        )
    ]
    lines = [it for text in texts for it in re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.M)]
    return {name: Version(version) for name, version in lines}


@pytest.mark.parametrize("wanted", ALL, ids=str)
def test_a_user_gets_a_range_and_not_one_version(wanted: Requirement) -> None:
    operators = {it.operator for it in wanted.specifier}
    assert operators == ({">="} if wanted.name in UNCAPPED else {">=", "<"})


@pytest.mark.parametrize("wanted", ALL, ids=str)
def test_the_locked_version_is_in_the_range(wanted: Requirement) -> None:
    assert locked()[wanted.name] in wanted.specifier


def test_the_oldest_truss_that_pushes_is_the_oldest_that_is_taken() -> None:
    [truss] = [it for it in ALL if it.name == "truss"]
    oldest = Version(".".join(map(str, OLDEST)))
    assert oldest in truss.specifier
    assert Version(f"{oldest.major}.{oldest.minor}.{oldest.micro - 1}") not in truss.specifier


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_each_python_that_is_named_is_taken(minor: int) -> None:
    project = PROJECTS["."]["project"]
    assert f"3.{minor}.0" in SpecifierSet(project["requires-python"])
    assert f"Programming Language :: Python :: 3.{minor}" in project["classifiers"]


def test_the_wheel_has_the_emulator_and_the_engine_helper_and_says_that_it_is_typed() -> None:
    folders = PROJECTS["."]["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {Path(folder).name for folder in folders} == {
        "baseten_tei",
        "baseten_emulator",
        "pulumi_engine",
    }
    assert [folder for folder in folders if not (ROOT / folder / "py.typed").is_file()] == []


def test_what_an_sdist_holds_is_the_packages_of_the_wheel() -> None:
    targets = PROJECTS["."]["tool"]["hatch"]["build"]["targets"]
    assert targets["sdist"]["include"] == targets["wheel"]["packages"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel of this tree installs, and nothing of the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


def test_the_wheel_installs_three_packages_and_what_they_read(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {
        "baseten_tei", "baseten_emulator", "pulumi_engine",
    }  # fmt: skip
    for read in ("build/go.mod", "build/go.sum", "checksums.txt", "standins/language_python.py"):
        assert (installed / "pulumi_engine" / read).is_file()
    assert (installed / "baseten_tei/py.typed").is_file()


@pytest.mark.parametrize("module", ["pulumi_engine", "baseten_emulator", "baseten_tei"])
def test_each_of_them_runs_from_where_it_is_installed(
    installed: Path, module: str, tmp_path: Path
) -> None:
    command = f"import sys; sys.path.insert(0, {str(installed)!r}); import runpy, {module}; "
    command += (
        f"assert {module}.__file__.startswith({str(installed)!r}); sys.argv = ['it', '--help']; "
    )
    command += f"runpy.run_module({module!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", command], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "sage: " in done.stdout


def test_an_installed_engine_helper_means_the_project_that_one_stands_in(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    command = f"import sys; sys.path.insert(0, {str(installed)!r}); sys.argv = ['it', 'which']; import runpy; "
    command += "runpy.run_module('pulumi_engine', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", command], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stderr == (
        f"engine: {tmp_path} has no engine yet: run `python -m pulumi_engine setup` there\n"
    )
