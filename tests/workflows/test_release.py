"""A tag becomes a release: what the workflow's own lines build, what they refuse, and what each file holds."""

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import ROOT
from tests.workflows.runner import BASH, read

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
TAG = f"v{VERSION}"
CHANGES = (
    f"# Changelog\n\n## {VERSION} (2026-12-01)\n\n### What you must do\n\nNothing.\n\n- A change.\n"
)
CONTENT = ("infra", "emulator", "engine", "clients", "packages", "policy", "scripts", "pyproject.toml", "README.md",
           "LICENSE")  # fmt: skip
SYSTEMS = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
SAYS = """#!/usr/bin/env bash
printf '%s' "${0##*/}" >> "$SAID"
printf ' <%s>' "$@" >> "$SAID"
echo >> "$SAID"
"""
"""Stands for `gh` and `uv`, which would publish: it writes down what it is called with."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the tag, whose changelog is ready for it."""
    folder = tmp_path_factory.mktemp("release") / "checkout"
    folder.mkdir()
    without = shutil.ignore_patterns("__pycache__", "venv", ".venv*", "*.lock")
    for name in CONTENT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name, **({"ignore": without} if (ROOT / name).is_dir() else {}))
    (folder / "CHANGELOG.md").write_text(CHANGES)
    tools = folder / ".venv/bin"
    tools.mkdir(parents=True)
    (tools / "python").write_text(f'#!/bin/sh\nexec "{ROOT}/.venv/bin/python" "$@"\n')
    for tool in (tools / "uv", folder.parent / "gh"):
        tool.write_text(SAYS)
    for tool in (tools / "python", tools / "uv", folder.parent / "gh"):
        tool.chmod(0o755)
    return folder


def run(checkout: Path, line: str, tag: str = TAG) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": f"{checkout.parent}:{os.environ['PATH']}",
        "GITHUB_REF_NAME": tag,
        "SAID": str(checkout.parent / "said"),
        "HOME": str(checkout.parent),
    }
    return subprocess.run(
        [*BASH, "-c", line], cwd=checkout, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def lines(job: dict[str, Any]) -> Iterator[str]:
    """A job's own lines; the virtual environment is there."""
    for step in job["steps"]:
        if "run" in step and step["run"] != "make .venv/.ready":
            yield step["run"]


@pytest.fixture(scope="module")
def dist(checkout: Path) -> Path:
    """What the job `build` leaves, each of its lines run as it stands."""
    for line in lines(read("release")["jobs"]["build"]):
        ended = run(checkout, line)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return checkout / "dist"


def test_a_release_has_the_wheels_the_sdists_and_an_archive_for_each_system(dist: Path) -> None:
    assert sorted(it.name for it in (dist / "python").iterdir()) == [
        f"baseten_tei-{VERSION}-py3-none-any.whl",
        f"baseten_tei-{VERSION}.tar.gz",
        f"baseten_tei_client-{VERSION}-py3-none-any.whl",
        f"baseten_tei_client-{VERSION}.tar.gz",
    ]
    assert {it.name for it in (dist / "plugins").iterdir()} == {
        f"pulumi-resource-{name}-v{VERSION}-{system}.tar.gz"
        for name in ("baseten", "baseten-tei")
        for system in SYSTEMS
    }
    sums = dict(reversed(it.split("  ")) for it in (dist / "SHA256SUMS").read_text().splitlines())
    files = [it for kind in ("python", "plugins") for it in (dist / kind).iterdir()]
    assert sums == {it.name: hashlib.sha256(it.read_bytes()).hexdigest() for it in files}
    assert (dist / "notes.md").read_text() == "### What you must do\n\nNothing.\n\n- A change.\n"


@pytest.mark.parametrize("name", ["baseten", "baseten-tei"])
def test_a_plugins_archive_has_all_that_pulumi_makes_its_environment_of(
    dist: Path, name: str
) -> None:
    wheel = f"baseten_tei-{VERSION}-py3-none-any.whl"
    archives = [dist / "plugins" / f"pulumi-resource-{name}-v{VERSION}-{it}.tar.gz" for it in SYSTEMS]  # fmt: skip
    assert len({it.read_bytes() for it in archives}) == 1
    with tarfile.open(archives[0]) as archive:
        content = {it.name: archive.extractfile(it).read() for it in archive.getmembers()}  # type: ignore[union-attr]
    assert set(content) == {"PulumiPlugin.yaml", "__main__.py", "requirements.txt", wheel}
    assert content[wheel] == (dist / "python" / wheel).read_bytes()
    requirement = content["requirements.txt"].decode().strip()
    assert re.fullmatch(rf"\./{re.escape(wheel)}(\[[a-z,]+\])?", requirement)


def test_the_wheel_says_the_tags_version(dist: Path) -> None:
    with zipfile.ZipFile(dist / "python" / f"baseten_tei-{VERSION}-py3-none-any.whl") as wheel:
        metadata = wheel.read(f"baseten_tei-{VERSION}.dist-info/METADATA").decode()
    assert Parser().parsestr(metadata)["Version"] == VERSION


def test_what_was_built_is_attested_and_published_and_nothing_else(
    checkout: Path, dist: Path
) -> None:
    jobs = read("release")["jobs"]
    [attest] = [it for it in jobs["attest"]["steps"] if "attest" in it["uses"]]
    assert attest["with"]["subject-path"].split() == ["dist/python/*", "dist/plugins/*"]
    for name in ("github", "index"):
        assert (jobs[name]["needs"], jobs[name]["environment"]) == ("attest", "release")
        for line in lines(jobs[name]):
            ended = run(checkout, line)
            assert ended.returncode == 0, ended.stderr
    release, publish = (checkout.parent / "said").read_text().splitlines()
    assert release.startswith(f"gh <release> <create> <{TAG}> <--verify-tag>")
    assert publish.startswith("uv <publish> <--trusted-publishing> <always>")
    for file in (dist / "python").iterdir():
        assert f"<dist/python/{file.name}>" in publish
    for file in (dist / "plugins").iterdir():
        assert f"<dist/plugins/{file.name}>" in release


@pytest.mark.parametrize(
    ("tag", "changes", "said"),
    [
        ("v9.0.0", CHANGES, f"pyproject.toml says version {VERSION!r}, and the tag is 'v9.0.0'"),
        (VERSION, CHANGES, f"and the tag is {VERSION!r}: write {VERSION} there"),
        (TAG, f"## {VERSION} (unreleased)\n", f"CHANGELOG.md begins with '## {VERSION} (unreleased)'"),
        (TAG, "# Changelog\n", "CHANGELOG.md begins with 'nothing'"),
        (TAG, f"## 0.0.9 (2026-11-01)\n{CHANGES}", "CHANGELOG.md begins with '## 0.0.9 (2026-11-01)'"),
        (TAG, f"## {VERSION} (2026-12-01)\n- x\n", "has no '### What you must do'"),
    ],
)  # fmt: skip
def test_a_tag_that_is_not_the_version_of_everything_builds_nothing(
    checkout: Path, tag: str, changes: str, said: str
) -> None:
    (checkout / "CHANGELOG.md").write_text(changes)
    try:
        build = 'python scripts/release.py build "$GITHUB_REF_NAME" other'
        ended = run(checkout, f".venv/bin/{build}", tag)
    finally:
        (checkout / "CHANGELOG.md").write_text(CHANGES)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (checkout / "other").exists()


def test_the_repositorys_own_changelog_tells_what_users_must_do() -> None:
    first = re.search(r"^## (\S+) .*$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first
    assert first[1] == VERSION
