"""A program whose project does not lead the engine to our provider is told what to write into Pulumi.yaml."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.errors import UserError
from baseten_tei.program.provider_plugin import require_provider

NAMED = {"plugins": {"providers": [{"name": "other"}, {"name": "baseten", "path": "venv/bin"}]}}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program in Pulumi's host, whose environment only the host has put on PATH."""
    monkeypatch.setattr(sys, "orig_argv", ["python", "/bin/pulumi-language-python-exec"])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    provider = tmp_path / "venv/bin/pulumi-resource-baseten"
    provider.parent.mkdir(parents=True)
    provider.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/venv/bin:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return tmp_path


def describe(root: Path, virtualenv: str | None = "venv", **more: Any) -> None:
    runtime = {"name": "python", "options": {"virtualenv": virtualenv} if virtualenv else {}}
    (root / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "own", "runtime": runtime, **more}))


@pytest.mark.parametrize(
    "more", [{}, {"plugins": {"providers": [{"name": "aws"}]}}, {"plugins": None}]
)
def test_what_to_write_is_one_line(root: Path, more: dict[str, Any]) -> None:
    describe(root, **more)
    with pytest.raises(UserError) as raised:
        require_provider(root)
    assert str(raised.value) == (
        "Pulumi.yaml does not say where the provider 'baseten' is: write "
        "`plugins: {providers: [{name: baseten, path: venv/bin}]}` into it"
    )


@pytest.mark.parametrize("more", [NAMED, {"packages": {"baseten": "plugin"}}])
def test_a_project_that_names_it_is_left_alone(root: Path, more: dict[str, Any]) -> None:
    describe(root, **more)
    require_provider(root)


def test_an_environment_that_a_person_has_activated_does(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is on the engine's PATH as well, where the host has put it a second time."""
    describe(root)
    monkeypatch.setenv("PATH", f"{root}/venv/bin:{root}/venv/bin:/usr/bin")
    require_provider(root)


def test_so_it_does_where_the_project_names_no_environment(root: Path) -> None:
    """Then the host puts nothing on PATH: what is there, a person has activated."""
    describe(root, None)
    require_provider(root)


def test_an_installed_plugin_does(root: Path) -> None:
    describe(root)
    (root / "home/plugins/resource-baseten-v0.1.0").mkdir(parents=True)
    require_provider(root)


def test_outside_of_the_host_nothing_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    describe(root)
    monkeypatch.setattr(sys, "orig_argv", ["pytest"])
    require_provider(root)
