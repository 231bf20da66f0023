"""A program of the user's own with our components in it: how its mistakes and its failures end."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.test_bad_input import one_line
from tests.support.harness import ROOT, Emulator, Stack

pytestmark = pytest.mark.e2e

PROGRAM = """
import pulumi
from baseten_tei import Embedding, EmbeddingArgs, Secret

def embedding(name, **more):
    return Embedding(name, EmbeddingArgs(model_id="BAAI/bge-base-en-v1.5", **more))

"""


def write_program(stack: Stack, text: str, **project: Any) -> None:
    folder = stack.folder / "program"
    folder.mkdir(exist_ok=True)
    (folder / "__main__.py").write_text(PROGRAM + text)
    description = yaml.safe_load((ROOT / "Pulumi.yaml").read_text()) | {"main": "program/"}
    (stack.folder / "Pulumi.yaml").unlink()
    (stack.folder / "Pulumi.yaml").write_text(yaml.safe_dump(description | project))


def test_a_spec_that_cannot_work_is_one_line(stack: Stack, emulator: Emulator) -> None:
    write_program(stack, "embedding('bge', accelerator='V100')")
    told = stack.up().refused()
    one_line(told.text, "error: model 'bge': TEI-GPU-001 accelerator V100 has no TEI image")
    assert emulator.calls() == []


def test_failed_resources_are_their_errors_and_nothing_else(
    stack: Stack, emulator: Emulator
) -> None:
    """The engine interrupts the program: of that nothing is to be seen."""
    write_program(stack, "embedding('one'), embedding('two')")
    for name in ("one", "two"):
        emulator.fault(name, "deploy_failed")
    told = stack.up().refused().text.partition("Diagnostics:")[2]
    assert "ended as DEPLOY_FAILED" in told
    for noise in ("Traceback", "KeyboardInterrupt", "unhandled", "never awaited"):
        assert noise not in told


def test_an_exception_of_the_programs_own_keeps_its_traceback(stack: Stack) -> None:
    write_program(stack, "embedding('bge')\nraise ValueError('mine')")
    told = stack.preview().refused().text
    assert 'program/__main__.py", line' in told
    assert "ValueError: mine" in told
    assert "unhandled error occurred" not in told


UNLOCKED = 'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "own"\nsource = { virtual = "." }\n'
OWN = '[project]\nname = "own"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'


def path_without(folder: Path, *tools: str) -> str:
    """A PATH without this project's virtual environment, but for some of its tools."""
    folder.mkdir()
    for tool in tools:
        (folder / tool).symlink_to(ROOT / ".venv/bin" / tool)
    others = [it for it in os.environ["PATH"].split(os.pathsep) if not it.endswith(".venv/bin")]
    return os.pathsep.join([str(folder), *others])


def test_with_uv_a_push_finds_the_programs_python(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    """uv keeps the environment; nobody has activated it, and Pulumi.yaml does not name it."""
    runtime = {"name": "python", "options": {"toolchain": "uv"}}
    write_program(stack, "embedding('bge')", runtime=runtime)
    (stack.folder / "pyproject.toml").write_text(OWN)
    (stack.folder / "uv.lock").write_text(UNLOCKED)
    stack.environment["PATH"] = path_without(tmp_path / "bin", "uv")

    stack.up().check()

    assert emulator.pushes() == 1
    stack.pulumi("preview", "--expect-no-changes", "--stack", stack.name).check()


def test_a_push_that_would_run_another_python_is_refused_in_the_preview(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    """No `virtualenv:`, and a python3 of another environment first on PATH."""
    write_program(stack, "embedding('bge')", runtime="python")
    path = path_without(tmp_path / "bin")
    python = tmp_path / "bin" / "python3"
    python.write_text("#!/bin/sh\necho /another\n")
    python.chmod(0o755)
    own = {"PULUMI_PYTHON_CMD": str(ROOT / ".venv/bin/python")}

    told = stack.preview(PATH=path, **own).refused()

    error = one_line(told.text, "the push steps would not run with this program's Python")
    assert f"write `virtualenv: {sys.prefix}` under `runtime: options:`" in error
    assert emulator.calls() == []
