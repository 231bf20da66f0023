"""The package stands on its own."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "clients" / "python"
MODULES = sorted((ROOT / "src" / "baseten_tei_client").rglob("*.py"))
EDGES = {
    "_sources", "_hub_tokenizer", "http_transport", "performance_transport", "session", "_sync",
    "_estimate", "_meter", "_report", "parts", "qdrant_sink", "verify", "_job", "_served", "_workers",
}  # fmt: skip
"""What touches files, processes, the network, threads or chance."""
IMPURE = {"os", "subprocess", "random", "threading", "httpx2", "baseten_performance_client", "time"}
LOCKS = {"_cache", "_remembered"}
"""Needs a thread's lock, and nothing else of the outside world."""


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_importing_it_loads_nothing_of_the_stack_and_nothing_optional() -> None:
    stacks = {"pulumi", "truss", "baseten", "baseten_tei", "baseten_emulator"}
    forbidden = stacks | {"tokenizers", "baseten_performance_client", "pyarrow", "sqlite3"}
    command = f"import sys, baseten_tei_client; print(*({forbidden} & {{*sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert done.stdout.strip() == ""


def test_it_imports_what_it_declares_and_the_standard_library() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[\[>=]", it)[0].replace("-", "_") for it in declared}
    used = {name for path in MODULES for name in imports(path)}
    assert used - set(sys.stdlib_module_names) - {"baseten_tei_client"} == names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_decisions_know_no_files_processes_network_threads_or_chance(path: Path) -> None:
    allowed = IMPURE if path.stem in EDGES else {"threading"} if path.stem in LOCKS else set()
    assert imports(path) & IMPURE <= allowed


def test_the_package_lists_its_public_names_and_nothing_else() -> None:
    import baseten_tei_client

    assert dir(baseten_tei_client) == sorted(baseten_tei_client.__all__)


def test_every_module_outside_the_interface_begins_with_an_underscore() -> None:
    top = (ROOT / "src" / "baseten_tei_client").iterdir()
    public = {it.stem for it in top if not it.name.startswith("_") and it.suffix in ("", ".py")}
    assert public == {"asgi", "backfill", "errors", "results", "settings"}
