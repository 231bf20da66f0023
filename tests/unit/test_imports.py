"""The package's 13 folders import downwards only, and only some of them touch the world.

Order and effects are read off the folders, so a new module needs no entry here; CONTRIBUTING has the map.
"""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "infra" / "baseten_tei"
EMULATOR = ROOT / "emulator" / "baseten_emulator"

FOLDERS = (
    "commands", "operations", "review", "program", "provider", "push", "project", "baseten",
    "outputs", "rules", "deployment", "spec", "facts",
)  # fmt: skip
"""In import order: each imports only those after it."""
AT_THE_TOP = {"__init__", "__main__", "errors"}
TOUCH_THE_WORLD = {"commands", "program", "provider", "project", "baseten", "push"}
EDGES = ("_client", "_files", "_process")
"""How the names of modules end that touch the world in another folder."""
EFFECTS = {
    "pulumi", "pulumi_command", "requests", "subprocess", "socket", "time", "os", "tempfile", "truss",
    "huggingface_hub", "httpx", "httpx2", "baseten",
}  # fmt: skip
MOST_MODULES = 25


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, anywhere in it, but for type checking only."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def modules() -> dict[Path, set[str]]:
    """Return what each module of the package imports."""
    return {path.relative_to(PACKAGE): imports(path) for path in PACKAGE.rglob("*.py")}


def folders_of(names: set[str]) -> set[str]:
    """Return the folders of the package that some imports lead to."""
    ours = {name.split(".")[1] for name in names if name.startswith("baseten_tei.")}
    return ours & set(FOLDERS)


def test_every_module_is_in_a_folder_but_for_errors_and_the_two_faces() -> None:
    assert {path.stem for path in modules() if len(path.parts) == 1} <= AT_THE_TOP
    assert {path.parts[0] for path in modules() if len(path.parts) > 1} == set(FOLDERS)


def test_a_folder_imports_only_folders_below_it() -> None:
    upwards = [
        f"{path} imports {other}"
        for path, names in modules().items()
        if path.parts[0] in FOLDERS
        for other in folders_of(names)
        if FOLDERS.index(other) < FOLDERS.index(path.parts[0])
    ]
    assert upwards == []


def test_only_some_folders_and_files_touch_processes_sockets_files_and_the_clock() -> None:
    impure = {
        str(path): effects
        for path, names in modules().items()
        if path.parts[0] not in TOUCH_THE_WORLD | {"__main__.py", "errors.py"}
        and not path.stem.endswith(EDGES)
        and (effects := {name.split(".")[0] for name in names} & EFFECTS)
    }
    assert impure == {}


@pytest.mark.parametrize("top", ["infra", "emulator", "engine", "clients", "tests", "benchmarks"])
def test_no_folder_holds_more_modules_than_one_can_see(top: str) -> None:
    folders = {path.parent for path in (ROOT / top).rglob("*.py")}
    crowded = {
        str(folder.relative_to(ROOT)): size
        for folder in folders
        if (size := len(list(folder.glob("*.py")))) > MOST_MODULES
    }
    assert crowded == {}


def test_each_folder_says_in_a_line_what_it_holds() -> None:
    silent = [
        str(folder.relative_to(PACKAGE))
        for folder in {path.parent for path in PACKAGE.rglob("*.py")}
        if not ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    ]
    assert silent == []


def test_the_emulator_and_the_product_are_two_readings_of_one_api() -> None:
    product = [name for names in modules().values() for name in names]
    emulator = [name for path in EMULATOR.rglob("*.py") for name in imports(path)]
    assert not [name for name in product if name.startswith("baseten_emulator")]
    assert emulator
    assert not [name for name in emulator if name.startswith("baseten_tei")]


def test_nothing_slow_is_imported_before_it_is_needed() -> None:
    """truss takes 1 to 2 s to import and the baseten SDK 1.5 s: not at preview, nor before a push's question."""
    first = (
        "import sys, baseten_tei.program.outputs.stack_exports, baseten_tei.commands.generate, baseten_tei.push.push, "
        "baseten_tei.provider.__main__"
    )
    command = [
        sys.executable,
        "-c",
        f"{first}; print(*{{'truss', 'baseten', 'httpx'}} & {{*sys.modules}})",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
