"""The type checkers of consumers: mypy from this environment, TypeScript's compiler from npm, pinned and cached."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_engine.cache import cache_root, publish

TYPESCRIPT = "5.9.3"


@dataclass(frozen=True)
class Checked:
    """How a check ended: what is wrong, a line each."""

    code: int
    text: str


def mypy(folder: Path, cache: Path) -> Checked:
    """`mypy --strict` over a consumer and the module that it imports, without any configuration of ours."""
    options = ["--strict", "--config-file=", f"--cache-dir={cache}", "--no-error-summary"]
    return _run([sys.executable, "-m", "mypy", *options, "consumer.py"], folder)


def tsc(folder: Path) -> Checked:
    """`tsc --strict` over a consumer and the module that it imports."""
    options = ["--strict", "--noEmit", "--lib", "es2022", "--module", "nodenext"]
    return _run(["node", str(typescript() / "bin" / "tsc"), *options, "consumer.ts"], folder)


def typescript() -> Path:
    """TypeScript, installed once for this user, outside of the tree. Skips where there is no npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("there is no npm and node on PATH: TypeScript's compiler cannot be installed")
    folder = cache_root(os.environ) / f"typescript-{TYPESCRIPT}"
    return publish(folder, _install, print) / "node_modules" / "typescript"


def _install(folder: Path) -> None:
    (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
    wanted = ["--ignore-scripts", "--no-audit", "--no-fund", f"typescript@{TYPESCRIPT}"]
    ended = _run(["npm", "install", *wanted], folder)
    assert ended.code == 0, ended.text


def _run(command: list[str], folder: Path) -> Checked:
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    return Checked(ended.returncode, ended.stdout + ended.stderr)
