#!/usr/bin/env python3
"""Bring this repository's generated pages up to date: `.venv/bin/python scripts/docs.py [--check]`.

They are of the product alone: `baseten-tei generate` writes what belongs to a user's project.
"""

import re
import sys
from pathlib import Path

from baseten_tei.commands.shared.reference import CLI_PATH, render_reference
from baseten_tei.outputs.json_schema import OUTPUTS_SCHEMA_PATH, outputs_schema_text
from baseten_tei.project.generated_files import write_if_changed
from baseten_tei.rules.formats.document import RULES_PATH, render_rules
from baseten_tei.rules.registry import DESCRIBED, RULES
from baseten_tei.spec.keys.config_schema import SCHEMA_PATH, render_config_schema
from baseten_tei.spec.keys.keys_page import KEYS_PATH, render_keys

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run as a file, this folder is no package
from scripts.features import FEATURES_PATH, load_features, render_features  # noqa: E402 - after it

COMMAND = ".venv/bin/python scripts/docs.py"
_SHOWING_FILES = (
    "docs/quickstart.md", "docs/own-program.md", "docs/recipes.md", "docs/provider.md",
)  # fmt: skip
"""Pages with files of this repository in them, each after an `include`."""
_TABLES = {KEYS_PATH: render_keys, CLI_PATH: render_reference}
"""Pages that are generated from a marker on."""
_INCLUDE = re.compile(r"(<!-- include (\S+) -->\n```(\w+)\n).*?(```\n)", re.DOTALL)


def render_pages(root: Path) -> dict[Path, str]:
    """Return every generated page's path and text."""
    tables = {root / name: render(_read(root, name)) for name, render in _TABLES.items()}
    shown = {root / name: _with_files(root, _read(root, name)) for name in _SHOWING_FILES}
    return {
        root / SCHEMA_PATH: render_config_schema(),
        root / OUTPUTS_SCHEMA_PATH: outputs_schema_text(),
        root / RULES_PATH: render_rules(DESCRIBED),
        root / FEATURES_PATH: render_features(load_features()),
        root / "README.md": _count_rules(_read(root, "README.md")),
        **tables,
        **shown,
    }


def find_stale(root: Path) -> list[str]:
    """Return what is out of date, a line each."""
    return [
        f"{path.relative_to(root)} is out of date: run {COMMAND} and commit it"
        for path, text in render_pages(root).items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]


def _count_rules(page: str) -> str:
    return re.sub(r"\[\d+ rules\]\(", f"[{len(RULES)} rules](", page)


def _with_files(root: Path, page: str) -> str:
    return _INCLUDE.sub(lambda block: block[1] + _read(root, block[2]) + block[4], page)


def _read(root: Path, name: str) -> str:
    return (root / name).read_text("utf-8")


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are out of date."""
    if arguments not in ([], ["--check"]):
        print(f"{COMMAND} [--check]", file=sys.stderr)
        return 2
    if arguments:
        stale = find_stale(ROOT)
        print("\n".join(stale) or "the generated pages are up to date")
        return 1 if stale else 0
    written = [path for path, text in render_pages(ROOT).items() if write_if_changed(path, text)]
    print("\n".join(f"wrote {path.relative_to(ROOT)}" for path in written) or "nothing to do")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
