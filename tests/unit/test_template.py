"""`templates/stack`: what `pulumi new` copies is whole, up to date, and needs nothing of this clone."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from baseten_tei.commands.generate import check
from baseten_tei.project.stack_settings import stacks
from baseten_tei.rules.registry import check_model

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "templates/stack"
START = Path("plugin/pulumi-resource-baseten")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as `pulumi new` makes it."""
    shutil.copytree(TEMPLATE, tmp_path / "search", ignore=shutil.ignore_patterns("__pycache__"))
    for file in (tmp_path / "search").rglob("*"):
        if file.is_file():
            text = file.read_text().replace("${PROJECT}", "search")
            file.write_text(text.replace("${DESCRIPTION}", "Models"))
    return tmp_path / "search"


def test_the_program_is_three_lines() -> None:
    lines = (TEMPLATE / "__main__.py").read_text().splitlines()
    assert lines == ["from baseten_tei import deploy", "", "deploy()"]


def test_its_models_are_locked_generated_and_without_a_warning(project: Path) -> None:
    assert check(project) == []
    [stack] = stacks(project)
    subjects = stack.settings.subjects
    assert len(subjects) == 3
    assert [found for subject in subjects for found in check_model(subject)] == []


def test_what_it_requires_is_this_release_with_the_emulator() -> None:
    [line] = (TEMPLATE / "requirements.txt").read_text().splitlines()
    wanted = Requirement(line)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (wanted.name, wanted.extras) == ("baseten-tei", {"emulator"})
    assert version in wanted.specifier


@pytest.mark.parametrize("word", ["make ", "engine/env", "encryptionsalt", "docs/", "infra"])
def test_it_names_nothing_of_this_clone(word: str) -> None:
    texts = {it: it.read_text() for it in TEMPLATE.rglob("*") if it.is_file()}
    assert [str(it) for it, text in texts.items() if it.suffix != ".pyc" and word in text] == []


def test_pulumi_finds_a_provider_before_there_is_an_environment(project: Path) -> None:
    description = yaml.safe_load((project / "Pulumi.yaml").read_text())
    [provider] = description["plugins"]["providers"]
    assert (project / provider["path"]).is_dir()
    assert os.access(TEMPLATE / START, os.X_OK)
    done = subprocess.run(["sh", START], cwd=project, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "baseten-tei is not installed in this project's virtual environment: run `pulumi install`\n"
    )


@pytest.mark.parametrize(
    ("named", "made"), [("", "venv"), ("", ".venv"), ("env", "env"), ("/absolute", "")]
)
def test_the_provider_is_that_of_the_projects_environment(
    project: Path, tmp_path: Path, named: str, made: str
) -> None:
    environment = tmp_path / "absolute" if named.startswith("/") else project / made
    provider = environment / "bin/pulumi-resource-baseten"
    provider.parent.mkdir(parents=True)
    provider.write_text('#!/bin/sh\necho "$@"\n')
    provider.chmod(0o755)
    option = str(environment) if named.startswith("/") else named
    done = subprocess.run(
        ["sh", project / START, "127.0.0.1:1"],
        cwd="/",
        env={**os.environ, "PULUMI_RUNTIME_VIRTUALENV": option},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("127.0.0.1:1\n", "")
