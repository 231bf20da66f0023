"""`baseten-tei generate`: everything that is generated from stacks, types and the command line."""

import re
from collections.abc import Sequence
from pathlib import Path

import click

from baseten_tei.commands.command_line import FINDING
from baseten_tei.commands.options import on_stacks
from baseten_tei.commands.reference import CLI_PATH, render_reference
from baseten_tei.deployment.config_yaml import render_config
from baseten_tei.errors import naming
from baseten_tei.facts.files.read_files import is_there, read_text
from baseten_tei.outputs.json_schema import OUTPUTS_SCHEMA_PATH, outputs_schema_text
from baseten_tei.project import generated_files
from baseten_tei.project.stack_settings import stacks
from baseten_tei.rules.document import render_rules
from baseten_tei.rules.registry import RULES
from baseten_tei.spec.config_schema import SCHEMA_PATH, render_config_schema
from baseten_tei.spec.keys_page import KEYS_PATH, render_keys

RULES_PATH = "docs/rules.md"
_PAGES = ("docs/quickstart.md", "docs/own-program.md", "docs/recipes.md")
_TABLES = {KEYS_PATH: render_keys, CLI_PATH: render_reference}
"""Pages of this repository that are generated from a marker on; a user's project has none."""
_INCLUDE = re.compile(r"(<!-- include (\S+) -->\n```(\w+)\n).*?(```\n)", re.DOTALL)


def render_files(root: Path, names: Sequence[str] | None = None) -> dict[Path, str]:
    """Return every generated file's path and text; `names` are the stacks, else all."""
    found = {
        root / SCHEMA_PATH: render_config_schema(),
        root / OUTPUTS_SCHEMA_PATH: outputs_schema_text(),
        **_partly_derived(root),
        root / RULES_PATH: render_rules(RULES),
    }
    for stack in stacks(root, names):
        for it in stack.settings.subjects:
            path = generated_files.config_path(root, stack.name, it.name)
            found[path] = render_config(it.config, it.args)
    return found


def _partly_derived(root: Path) -> dict[Path, str]:
    """Return the pages that show files or tables of keys, brought up to date."""

    def read(name: str) -> str:
        return read_text(root / name, name)

    texts = {}
    for name in (*_PAGES, *_TABLES):
        if is_there(root / name):
            with naming(name):
                included = _INCLUDE.sub(
                    lambda block: block[1] + read(block[2]) + block[4], read(name)
                )
                texts[root / name] = _TABLES.get(name, str)(included)
    return texts


def find_leftovers(root: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Return generated configs that no stack asks for any more."""
    return [
        path
        for stack in stacks(root, names)
        for path in generated_files.orphans(root, stack.name, stack.settings.models)
    ]


def check(root: Path, names: Sequence[str] | None = None) -> list[str]:
    """Return what is stale, a line each; nothing is written."""
    stale = [
        generated_files.stale_problem(path, text, root)
        for path, text in render_files(root, names).items()
    ]
    extra = [
        f"{path.relative_to(root)} belongs to no model: run `baseten-tei generate` and commit"
        for path in find_leftovers(root, names)
    ]
    return [problem for problem in stale if problem] + extra


def write(root: Path, names: Sequence[str] | None = None) -> list[str]:
    """Bring all of it up to date: what was written or removed."""
    wanted, extra = render_files(root, names), find_leftovers(root, names)
    written = [
        path for path, text in wanted.items() if generated_files.write_if_changed(path, text)
    ]
    for path in extra:
        generated_files.remove(path)
    return [f"wrote {path.relative_to(root)}" for path in written] + [
        f"removed {path.relative_to(root)}" for path in extra
    ]


@click.command(name="generate")
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing; exit with 1 if a file is out of date.",
)
@on_stacks
def command(root: Path, stacks: tuple[str, ...], only_check: bool) -> int:
    """Write everything that is generated.

    That is truss_configs/ of the stacks, and, in docs/, the JSON Schemas of a stack's configuration and of its outputs
    and the list of rules. --check names what is out of date.
    """
    lines = check(root, stacks) if only_check else write(root, stacks)
    click.echo("\n".join(lines) or "generated files are up to date")
    return FINDING if only_check and lines else 0
