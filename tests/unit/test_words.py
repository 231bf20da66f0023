"""The words of code, messages and docs: verbs for functions and docstrings, and no phrase that has to be translated."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support.harness import ROOT

FOLDERS = ("infra", "emulator", "engine", "clients", "policy")
"""The product's code."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


BANNED = {
    r"(?<!there )\bis no (?!longer\b|more than\b|less than\b)\w+": "is not a …",
    r"\bare no \w+ of\b": "are not …",
    r"\b(is|are|was) none of\b": "is not one of",
    r"\bnone of ours\b": "not created by this stack",
    r"\btype (this|the same|it)\b": "run …",
    r"\bmend(s|ed|ing)?\b": "fix, repair",
    r"\bby now\b": "already, or leave it out",
    r"\bstand(s|ing)? (in the way|against)\b": "block, prevent",
    r"\b(is|are|was|were) (told|away)\b": "is reported; could not be reached",
    r"\btold by\b": "reported by",
    r"\bnames no\b": "does not name",
    r"\bthere is nobody\b": "nobody …",
    r"\bon file\b": "recorded",
    r"\bno news\b": "no change",
    r"\bno business of\b": "does not concern",
}
"""Phrases that a reader has to translate → what to write instead."""

IRREGULAR = words("""
told shown found made sent kept held written given taken seen known gone done got lost met paid meant said
built bought brought caught chosen drawn driven fallen felt forgotten frozen grown heard hidden laid led lent
lit sought slept sold spent stolen stuck swept taught thought thrown understood woken won wound begun bound
broken beaten bent bitten blown torn worn sworn spoken ridden risen sunk sung drunk eaten
""")
NO_PARTICIPLES = words("""
embed need feed seed speed shed bleed exceed proceed succeed
""")
NO_ADJECTIVES = words("""
asked done found made said shown taught told
""")
"""With a noun behind them they are no better: `made_texts`."""
TAILS = words("""
already anew apart as at away back by down for from in into meanwhile of off on once out over to twice up with
wrong
""")
MOST_PARTICIPLES = 0.02
"""Of all functions of the product."""

METHODS = words("""
GET POST PUT PATCH DELETE
""")
VERBS = words("""
Accept Activate Add Adopt Advance Allow Answer Append Apply Ask Assign Begin Bind Bring Build Call Change
Check Choose Claim Clean Clear Close Collect Compare Compute Connect Convert Copy Count Create Cut Deactivate
Decide Decode Delete Deploy Derive Describe Disconnect Do Download Draw Drop Edit Embed Encode End Ensure
Escape Estimate Exit Explain Export Extract Fail Fetch Fill Filter Find Finish Follow Forget Fork Format
Forward Free Generate Get Give Go Group Guess Hand Handle Have Hold Import Increment Install Interrupt
Invalidate Join Judge Keep Kill Label Let Link List Listen Load Lock Log Look Make Map Mark Mask Match Measure
Merge Move Name Normalize Note Open Order Parse Pause Pick Place Plan Poll Post Predict Prepare Preview Print
Promote Publish Push Put Query Queue Quote Raise Rank Read Record Recover Redact Refuse Register Rehearse
Reject Release Remember Remove Rename Render Repeat Replace Report Reset Resolve Restart Restore Resume Retry
Return Reuse Rewrite Round Run Save Say Scale Schedule Score Search See Select Send Serve Set Shift Shorten
Show Simulate Skip Sleep Sort Split Stamp Start Stop Store Strip Sum Take Tell Test Time Tokenize Translate
Truncate Try Turn Undo Unpack Update Upload Use Validate Verify Wait Wake Walk Warn Watch Work Wrap Write Yield
""")
"""First words of docstrings, reviewed: a new one is added here if it is a verb in the imperative."""

PROPERTIES = frozenset({"property", "cached_property", "computed_field"})


@dataclass(frozen=True)
class Function:
    """A function or method of the product."""

    where: str
    name: str
    is_public: bool
    is_property: bool
    docstring: str | None


@cache
def modules() -> dict[str, ast.Module]:
    """Each Python file of the product, parsed."""
    paths = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths
        if not {"__pycache__", "build", ".venv"} & set(path.parts)
    }


@cache
def functions() -> list[Function]:
    """Every function and method of the product, but for those inside other functions."""
    return [
        function for name, tree in modules().items() for function in _functions(name, tree, True)
    ]


def _functions(module: str, node: ast.AST, is_public: bool) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(module, child, is_public and not child.name.startswith("_"))
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {_last_name(it) for it in child.decorator_list}
            yield Function(
                f"{module}:{child.lineno}", child.name,
                is_public and not child.name.startswith("_"),
                bool(decorators & PROPERTIES), ast.get_docstring(child),
            )  # fmt: skip


def _last_name(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call):
        return _last_name(decorator.func)
    return decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")


def is_participle(name: str) -> bool:
    """Whether a name is a participle, alone or with a tail: `told`, `told_apart`, `made_texts`; not `locked_facts`."""
    first, _, rest = name.strip("_").partition("_")
    participle = first in IRREGULAR or (first.endswith("ed") and first not in NO_PARTICIPLES)
    return participle and (not rest or first in NO_ADJECTIVES or rest.partition("_")[0] in TAILS)


def banned(text: str) -> list[str]:
    """The banned phrases of a text, as they stand there."""
    flat = " ".join(text.split())
    return [found[0] for phrase in BANNED for found in re.finditer(phrase, flat, re.IGNORECASE)]


def strings() -> Iterator[tuple[str, str]]:
    """Each literal text of the product, parts of f-strings and docstrings included, and where it stands."""
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{name}:{node.lineno}", node.value


def pages() -> list[Path]:
    """README, CONTRIBUTING, docs/ with its decisions, and the pages beside the code."""
    beside = (
        "clients/python/README.md", "engine/README.md", "benchmarks/README.md", "tests/README.md",
        "examples/search-service/README.md", "emulator/DIFFERENCES.md",
    )  # fmt: skip
    return [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", *beside)),
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def test_phrases_and_participles_are_recognized() -> None:
    assert banned("is no\nYAML, so mend it; it is no longer there, and there is no engine") == [
        "is no YAML",
        "mend",
    ]
    assert banned("the Hub was away: type this by now") == ["type this", "by now", "was away"]
    assert all(map(is_participle, ("told", "_asked", "told_apart", "made_texts", "compared")))
    assert not any(
        map(is_participle, ("locked_facts", "embed", "hidden_size", "feed", "read_lock"))
    )


def test_no_message_has_to_be_translated() -> None:
    found = [f"{where}: {phrase}" for where, text in strings() for phrase in banned(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_has_to_be_translated(page: Path) -> None:
    assert not banned(page.read_text(encoding="utf-8"))


def test_public_docstrings_begin_with_a_verb() -> None:
    """A property may be a noun; what serves a route begins with its method and path."""
    found = [
        f"{it.where}: {it.docstring.splitlines()[0]}"
        for it in functions()
        if it.is_public and not it.is_property and it.docstring
        and it.docstring.split()[0].rstrip(".,:;") not in VERBS | METHODS
    ]  # fmt: skip
    assert not found, "\n".join(found)


def test_functions_are_not_named_by_a_participle() -> None:
    named = [it for it in functions() if not it.is_property and is_participle(it.name)]
    listed = "\n".join(f"{it.where}: {it.name}" for it in named)
    assert len(named) <= MOST_PARTICIPLES * len(functions()), listed
