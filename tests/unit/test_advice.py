"""What a message tells to run exists where its reader is: nobody but a developer of the product is in its clone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseten_tei import errors
from tests.support.harness import ROOT

FOLDERS = ("infra", "emulator", "engine", "clients", "policy")
"""The product's code."""
TARGETS = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
OF_THE_CLONE = re.compile(
    rf"\bmake (?:{'|'.join(TARGETS)})\b(?! it| a| the)|engine/env\.sh|\bscripts/(?!docs\.py writes)|"
    r"Pulumi\.dev\.yaml|\.venv/bin|\bclone of baseten-tei|\w[ (]+docs/[a-z-]+\.md"
)
"""What only the clone has. The product's own pages say which script writes them."""
KNOWS = "setup_advice"
"""The one function that looks where it is."""


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text in a file's code, pieces of f-strings too, but docstrings."""
    tree = ast.parse(path.read_text())
    described = {id(it.value) for it in ast.walk(tree) if isinstance(it, ast.Expr)}
    knowing = (it for it in ast.walk(tree) if isinstance(it, ast.FunctionDef) and it.name == KNOWS)
    left_out = described | {id(it) for function in knowing for it in ast.walk(function)}
    for it in ast.walk(tree):
        if isinstance(it, ast.Constant) and id(it) not in left_out:
            if isinstance(it.value, str):
                yield it.lineno, it.value
            elif isinstance(it.value, bytes):
                yield it.lineno, it.value.decode(errors="replace")


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_message_names_what_only_the_clone_has(folder: str) -> None:
    assert "setup" in TARGETS
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()}"
        for path in (ROOT / folder).rglob("*.py")
        for line, text in texts(path)
        if OF_THE_CLONE.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "run `make setup`",
        "make emulator-stop",
        "source engine/env.sh",
        "run .venv/bin/x",
        "see docs/rules.md",
    ],
)
def test_such_a_message_would_be_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "it.py").write_text(f'"""make setup"""\nprint(f"{text} {{1}}")\n')
    assert [it for _, it in texts(tmp_path / "it.py") if OF_THE_CLONE.search(it)] == [f"{text} "]


def test_the_clones_advice_is_given_in_the_clone_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "make setup" in errors.setup_advice("run pip")
    monkeypatch.setattr(errors, "__file__", str(tmp_path / "site-packages/baseten_tei/errors.py"))
    assert errors.setup_advice("run pip") == "run pip"
