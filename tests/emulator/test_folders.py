"""The emulator's folders import downwards only, and so do those of its data plane."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "emulator" / "baseten_emulator"
FOLDERS = (
    "control", "rest", "graphql", "gateway", "push", "life", "faults", "http", "world", "tei",
)  # fmt: skip
"""In import order: each imports only those after it. A world loads its data plane, `tei`, when it needs it."""
FOLDERS_OF_TEI = ("start", "command_line", "http", "model", "pace")


def modules_imported_by(path: Path) -> set[str]:
    """Return the dotted names of everything that a file imports, anywhere in it."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def climbing(root: Path, prefix: str, folders: tuple[str, ...]) -> list[str]:
    """Return the imports of a folder that lead to a folder above it; files of the root are the lowest of all."""
    order = {name: number for number, name in enumerate(folders)}
    return [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in root.rglob("*.py")
        if path.name != "__init__.py"
        for name in modules_imported_by(path)
        if name.startswith(prefix) and name.split(".")[prefix.count(".")] in order
        if order[name.split(".")[prefix.count(".")]]
        < order.get(path.relative_to(root).parts[0], len(order))
    ]


def test_a_folder_of_the_emulator_imports_only_folders_below_it() -> None:
    top = {"__init__.py", "__main__.py", "app.py", "server.py"}
    assert {path.name for path in PACKAGE.glob("*.py")} == top
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == {
        *FOLDERS
    }
    prefix = "baseten_emulator."
    assert not [it for it in climbing(PACKAGE, prefix, FOLDERS) if it.split(" ")[0] not in top]


def test_a_folder_of_the_data_plane_imports_only_folders_below_it() -> None:
    assert climbing(PACKAGE / "tei", "baseten_emulator.tei.", FOLDERS_OF_TEI) == []


def test_the_data_plane_knows_nothing_of_the_control_plane() -> None:
    names = {name for path in (PACKAGE / "tei").rglob("*.py") for name in modules_imported_by(path)}
    ours = {name for name in names if name.startswith("baseten_emulator.")}
    assert ours
    assert {name for name in ours if not name.startswith("baseten_emulator.tei.")} == set()


@pytest.mark.parametrize("folder", [*FOLDERS, *(f"tei/{name}" for name in FOLDERS_OF_TEI)])
def test_each_folder_says_in_a_line_what_it_holds(folder: str) -> None:
    assert ast.get_docstring(ast.parse((PACKAGE / folder / "__init__.py").read_text()))
