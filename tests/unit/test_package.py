"""What pyproject.toml says beside other people's code: ranges, and a wheel that has all that a stack needs."""

import re
import tomllib
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
UNCAPPED = {"cryptography"}
"""Its major version is another one every few months."""


def requirements(project: dict[str, Any]) -> list[Requirement]:
    """Return what a user of the package installs, extras included."""
    extras = project["project"].get("optional-dependencies", {})
    wanted = [line for name, lines in extras.items() if name not in NOT_FOR_USERS for line in lines]
    return [Requirement(line) for line in [*project["project"]["dependencies"], *wanted]]


ALL = [wanted for project in PROJECTS.values() for wanted in requirements(project)]


def locked() -> dict[str, Version]:
    """Return the versions of requirements.lock."""
    lines = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.M)
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
