"""`python -m baseten_tei.commands.generate [--check]`: everything that is generated from stacks and types.

Truss configs of every stack beside Pulumi.yaml, the JSON Schemas of a stack's configuration (for editors to
complete it) and of its outputs, docs/rules.md, and the derived parts of README.md and docs/clients.md. `--check`
writes nothing, names what is stale, and exits 1.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from baseten_tei.commands.ending import ends_with
from baseten_tei.deployment.config_yaml import render_config
from baseten_tei.errors import naming
from baseten_tei.facts.files.read_files import is_there, read_text
from baseten_tei.outputs.json_schema import OUTPUTS_SCHEMA_PATH, outputs_schema_text
from baseten_tei.project import generated_files
from baseten_tei.project.stacks import stacks
from baseten_tei.rules.document import rules_text
from baseten_tei.rules.registry import RULES
from baseten_tei.spec.json_schema import SCHEMA_PATH, schema_text
from baseten_tei.spec.keys_table import render_readme

RULES_PATH = "docs/rules.md"
PARTLY_DERIVED = ("README.md", "docs/clients.md")


def generated(root: Path) -> dict[Path, str]:
    """Every generated file's path and text."""
    found = {
        root / SCHEMA_PATH: schema_text(),
        root / OUTPUTS_SCHEMA_PATH: outputs_schema_text(),
        **_partly_derived(root),
        root / RULES_PATH: rules_text(RULES),
    }
    for stack in stacks(root):
        for it in stack.settings.subjects:
            path = generated_files.config_path(root, stack.name, it.name)
            found[path] = render_config(it.config, it.args)
    return found


def _partly_derived(root: Path) -> dict[Path, str]:
    def read(name: str) -> str:
        return read_text(root / name, name)

    texts = {name: read(name) for name in PARTLY_DERIVED if is_there(root / name)}
    found = {}
    for name, text in texts.items():
        with naming(name):
            found[root / name] = render_readme(text, read)
    return found


def leftovers(root: Path) -> list[Path]:
    """Generated configs that no stack asks for any more."""
    return [
        path
        for stack in stacks(root)
        for path in generated_files.orphans(root, stack.name, stack.settings.models)
    ]


def check(root: Path) -> list[str]:
    """What is stale, a line each; nothing is written."""
    stale = [
        generated_files.stale_problem(path, text, root) for path, text in generated(root).items()
    ]
    extra = [
        f"{path.relative_to(root)} belongs to no model: type `make configs` and commit"
        for path in leftovers(root)
    ]
    return [problem for problem in stale if problem] + extra


def write(root: Path) -> list[str]:
    """Bring all of it up to date: what was written or removed."""
    wanted, extra = generated(root), leftovers(root)
    written = [
        path for path, text in wanted.items() if generated_files.write_if_changed(path, text)
    ]
    for path in extra:
        generated_files.remove(path)
    return [f"wrote {path.relative_to(root)}" for path in written] + [
        f"removed {path.relative_to(root)}" for path in extra
    ]


@ends_with(1)
def main(argv: Sequence[str] | None = None) -> int:
    """Write, or with `--check` only look."""
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.generate", description=__doc__
    )
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    arguments = parser.parse_args(argv)
    lines = check(arguments.root) if arguments.check else write(arguments.root)
    print("\n".join(lines) or "generated files are up to date")
    return int(arguments.check and bool(lines))


if __name__ == "__main__":
    sys.exit(main())
