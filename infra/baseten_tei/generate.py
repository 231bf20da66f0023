"""`python -m baseten_tei.generate [--check]`: everything that is generated from stacks and types.

Truss configs of every stack beside Pulumi.yaml, the JSON Schemas of a stack's configuration (for editors to
complete it) and of its outputs, docs/rules.md, and the derived parts of README.md and docs/clients.md. `--check`
writes nothing, names what is stale, and exits 1.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from baseten_tei import files
from baseten_tei.contract.schema import OUTPUTS_SCHEMA_PATH, outputs_schema_text
from baseten_tei.ending import ends_with
from baseten_tei.errors import UserError, naming
from baseten_tei.reading import is_there, read_text
from baseten_tei.readme import render_readme
from baseten_tei.render import render_config
from baseten_tei.rules.document import rules_text
from baseten_tei.rules.registry import RULES
from baseten_tei.schema import SCHEMA_PATH, schema_text
from baseten_tei.settings import Lock, Settings, parse_settings, parse_specs
from baseten_tei.stack_secrets import MODELS
from baseten_tei.stack_values import decode_value
from baseten_tei.workspace import Workspace

RULES_PATH = "docs/rules.md"
PARTLY_DERIVED = ("README.md", "docs/clients.md")


@dataclass(frozen=True)
class Stack:
    """A stack as its configuration file says it."""

    name: str
    path: Path
    settings: Settings


def stacks(root: Path, *, locked: bool = True) -> Iterator[Stack]:
    """Each stack with models, from `Pulumi.<stack>.yaml`; examples are no stacks. Raises `UserError`.

    Without `locked` no lock file is read, and only the shape of specs is checked: what locking begins with.
    """
    for path in sorted(root.glob("Pulumi.*.yaml")):
        if path.name.endswith(".example.yaml"):
            continue
        stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        workspace = Workspace(root, stack)
        config = workspace.config
        if MODELS in config:
            models = decode_value(config[MODELS], MODELS)
            facts = files.locked_facts(root, stack) if locked else None
            with naming(path.name):
                settings = _settings(models, workspace.team, facts)
            yield Stack(stack, path, settings)


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
            path = files.config_path(root, stack.name, it.name)
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
        for path in files.orphans(root, stack.name, stack.settings.models)
    ]


def check(root: Path) -> list[str]:
    """What is stale, a line each; nothing is written."""
    stale = [files.stale_problem(path, text, root) for path, text in generated(root).items()]
    extra = [
        f"{path.relative_to(root)} belongs to no model: type `make configs` and commit"
        for path in leftovers(root)
    ]
    return [problem for problem in stale if problem] + extra


def write(root: Path) -> list[str]:
    """Bring all of it up to date: what was written or removed."""
    wanted, extra = generated(root), leftovers(root)
    written = [path for path, text in wanted.items() if files.write_if_changed(path, text)]
    for path in extra:
        files.remove(path)
    return [f"wrote {path.relative_to(root)}" for path in written] + [
        f"removed {path.relative_to(root)}" for path in extra
    ]


def _settings(models: object, team: str | None, facts: Lock | None) -> Settings:
    if facts is not None:
        return parse_settings(models, team, facts)
    specs, found = parse_specs(models)
    if found:
        raise UserError(*found)
    return Settings(specs, team)


@ends_with(1)
def main(argv: Sequence[str] | None = None) -> int:
    """Write, or with `--check` only look."""
    parser = argparse.ArgumentParser(prog="python -m baseten_tei.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    arguments = parser.parse_args(argv)
    lines = check(arguments.root) if arguments.check else write(arguments.root)
    print("\n".join(lines) or "generated files are up to date")
    return int(arguments.check and bool(lines))


if __name__ == "__main__":
    sys.exit(main())
