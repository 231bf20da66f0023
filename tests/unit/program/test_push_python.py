"""Which Python a push finds: by Pulumi.yaml, by PATH, by a tool; or what to write."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.errors import UserError
from baseten_tei.program.python import push_python as module
from baseten_tei.program.python.push_python import (
    INTERPRETER,
    PushPython,
    interpreter_by,
    push_python,
)
from baseten_tei.program.python.python_options import PythonOptions, parse_python_options

NO_LOCKS = {"uv": False, "poetry": False}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a program in Pulumi's host, with no Python of its own on PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "orig_argv", ["python", "/bin/pulumi-language-python-exec"])
    tool(tmp_path / "bin" / "python3", "echo /another")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    push_python.cache_clear()
    yield tmp_path
    push_python.cache_clear()


def tool(path: Path, line: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def describe(root: Path, options: dict[str, Any] | None) -> None:
    runtime = {"name": "python", "options": options} if options else "python"
    (root / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "own", "runtime": runtime}))


def test_the_text_that_is_in_every_state_does_not_change() -> None:
    assert INTERPRETER == (
        "/bin/sh",
        "-c",
        'for up in "" ../ ../../; do python="$up${PULUMI_RUNTIME_VIRTUALENV:-/none}/bin/python3"; '
        '[ -x "$python" ] && exec "$python" -m baseten_tei.push; done; exec python3 -m baseten_tei.push',
    )
    assert interpreter_by("uv")[2] == (
        'python=$(VIRTUAL_ENV= uv run -q --no-sync python -c "import sys; print(sys.executable)") '
        '&& exec "$python" -m baseten_tei.push'
    )
    assert interpreter_by("poetry")[2] == (
        'python=$(poetry env info --executable) && exec "$python" -m baseten_tei.push'
    )


@pytest.mark.parametrize("main", ["", "a", "a/b"])
def test_a_named_environment_is_found_from_where_the_program_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch, main: str
) -> None:
    (root / "venv").symlink_to(sys.prefix)
    describe(root, {"virtualenv": "venv"})
    (root / main).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(root / main)
    assert push_python(root) == PushPython(INTERPRETER)


def test_below_that_the_whole_path_is_to_be_written(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "venv").symlink_to(sys.prefix)
    describe(root, {"virtualenv": "venv"})
    (root / "a/b/c").mkdir(parents=True)
    monkeypatch.chdir(root / "a/b/c")
    with pytest.raises(UserError, match=f"write `virtualenv: {sys.prefix}` under `runtime: opt"):
        push_python(root)


def test_an_environment_first_on_path_does_as_well_as_what_a_state_has(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(root, None)
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin:/usr/bin:/bin")
    assert push_python(root) == PushPython(INTERPRETER, keep=True)


@pytest.mark.parametrize("name", ["uv", "poetry"])
def test_a_tool_is_asked_where_only_the_host_has_activated_its_environment(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    describe(root, {"toolchain": name})
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin:{root}/bin:/usr/bin:/bin")
    tool(root / "bin" / name, f"echo {sys.executable}")
    assert push_python(root) == PushPython(interpreter_by(name))


@pytest.mark.parametrize("line", ["echo /usr/bin/env", "exit 1"])
def test_a_tool_that_knows_another_environment_or_none_is_an_error(root: Path, line: str) -> None:
    describe(root, {"toolchain": "uv"})
    tool(root / "bin" / "uv", line)
    with pytest.raises(UserError, match="would not run with this program's Python"):
        push_python(root)


def test_a_python_that_is_a_shim_is_asked_whose_it_is(root: Path) -> None:
    describe(root, None)
    tool(root / "bin" / "python3", f"echo {sys.prefix}")
    assert push_python(root).interpreter == INTERPRETER


def test_outside_of_the_host_nothing_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["pytest"])
    describe(root, None)
    assert push_python(root) == PushPython(INTERPRETER)


def test_a_python_without_an_environment_is_put_on_path(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(root, None)
    monkeypatch.setattr(module.sys, "base_prefix", sys.prefix)
    with pytest.raises(UserError, match="put its folder first on PATH"):
        push_python(root)


@pytest.mark.parametrize(
    ("project", "locked", "options"),
    [
        ({"runtime": "python"}, {}, PythonOptions(None, None)),
        ({"runtime": "python"}, {"uv": True}, PythonOptions(None, "uv")),
        ({"runtime": {"name": "python"}}, {"poetry": True}, PythonOptions(None, "poetry")),
        (
            {"runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": "v"}}},
            {"uv": True},
            PythonOptions("v", None),
        ),
        ([], {}, PythonOptions(None, None)),
    ],
)
def test_the_toolchain_is_the_one_that_pulumis_host_takes(
    project: object, locked: dict[str, bool], options: PythonOptions
) -> None:
    assert parse_python_options(project, NO_LOCKS | locked) == options
