"""docs/recipes.md says all that is there to be said of the recipes, their versions and their traps."""

import ast
import re
from pathlib import Path

from tests.support.harness import ROOT

RECIPES = ROOT / "examples" / "clients"
DOCUMENT = (ROOT / "docs" / "recipes.md").read_text()


def public_functions(path: Path) -> set[str]:
    defined = (it for it in ast.parse(path.read_text()).body if isinstance(it, ast.FunctionDef))
    return {it.name for it in defined if not it.name.startswith("_")}


def test_every_recipe_and_every_proposed_patch_is_included() -> None:
    included = set(re.findall(r"<!-- include (examples/clients/\S+) -->", DOCUMENT))
    there = [*RECIPES.rglob("*.py"), *RECIPES.glob("*.sh"), *RECIPES.glob("upstream/*.patch")]
    assert included == {str(path.relative_to(ROOT)) for path in there}


def test_the_table_has_a_row_for_each_trap() -> None:
    traps = [public_functions(it) for it in (ROOT / "tests/recipes/traps").glob("of_*.py")]
    rows = re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)
    assert sorted(rows) == sorted(set().union(*traps))


def test_the_versions_are_those_of_the_lock() -> None:
    locked = dict(
        re.findall(
            r"^([a-z0-9-]+)==([^ ;\\]+)",
            (RECIPES / "requirements.lock").read_text(),
            re.MULTILINE,
        )
    )
    wanted = re.findall(
        r"^([a-z][a-z0-9-]+)", (RECIPES / "requirements.in").read_text(), re.MULTILINE
    )
    missing = [
        f"{name} {locked[name]}"
        for name in wanted
        if name != "numpy" and f"{name} {locked[name]}" not in DOCUMENT
    ]
    assert not missing, "docs/recipes.md says other versions than the lock"
