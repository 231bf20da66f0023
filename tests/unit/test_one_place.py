"""What many modules need is written in one: type tokens, the token's name, the routes of tasks."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "infra" / "baseten_tei"


def texts(path: Path) -> Iterator[str]:
    """Yield the constant texts of a module, parts of f-strings too; not its docstrings, nor texts below a field."""
    tree = ast.parse(path.read_text())
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documents:
            yield str(node.value)


@cache
def all_texts() -> dict[str, list[str]]:
    """Return the texts of each module of the package."""
    return {str(path.relative_to(PACKAGE)): [*texts(path)] for path in PACKAGE.rglob("*.py")}


@pytest.mark.parametrize(
    ("word", "home"),
    [
        ("baseten:index:", "spec/type_tokens.py"),
        ("baseten-tei:index:", "spec/type_tokens.py"),
        ("command:local:Command", "spec/type_tokens.py"),
        ("hf_access_key", "spec/hf_token.py"),
    ],
)
def test_a_word_that_many_need_is_written_in_one_module(word: str, home: str) -> None:
    places = {path for path, found in all_texts().items() if any(word in text for text in found)}
    assert places == {home}


@pytest.mark.parametrize("path", ["/v1/embeddings", "/rerank"])  # `/predict` is Baseten's route too
def test_the_route_of_a_task_is_written_in_one_module(path: str) -> None:
    assert {module for module, found in all_texts().items() if path in found} == {
        "facts/tei/routes.py"
    }
