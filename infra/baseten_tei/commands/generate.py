"""`baseten-tei generate`: what a project has that is generated, from its stacks."""

from collections.abc import Sequence
from pathlib import Path

import click

from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import on_stacks
from baseten_tei.deployment.config.config_yaml import render_config
from baseten_tei.facts.files.read_files import is_there
from baseten_tei.outputs.json_schema import OUTPUTS_SCHEMA_PATH, outputs_schema_text
from baseten_tei.project import generated_files
from baseten_tei.project.stack_settings import stacks
from baseten_tei.spec.keys.config_schema import SCHEMA_PATH, render_config_schema

_SCHEMAS = {SCHEMA_PATH: render_config_schema, OUTPUTS_SCHEMA_PATH: outputs_schema_text}


def render_files(
    root: Path, names: Sequence[str] | None = None, schemas: bool = False
) -> dict[Path, str]:
    """Return every generated file's path and text; `names` are the stacks, else all.

    A schema is one of them if it is there already, or wanted.
    """
    found = {
        root / path: render()
        for path, render in _SCHEMAS.items()
        if schemas or is_there(root / path)
    }
    for stack in stacks(root, names):
        for it in stack.settings.subjects:
            path = generated_files.config_path(root, stack.name, it.name)
            found[path] = render_config(it.config, it.args)
    return found


def find_leftovers(root: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Return generated configs that no stack asks for any more."""
    return [
        path
        for stack in stacks(root, names)
        for path in generated_files.orphans(root, stack.name, stack.settings.models)
    ]


def check(root: Path, names: Sequence[str] | None = None, schemas: bool = False) -> list[str]:
    """Return what is stale, a line each; nothing is written."""
    stale = [
        generated_files.stale_problem(path, text, root)
        for path, text in render_files(root, names, schemas).items()
    ]
    extra = [
        f"{path.relative_to(root)} belongs to no model: run `baseten-tei generate` and commit"
        for path in find_leftovers(root, names)
    ]
    return [problem for problem in stale if problem] + extra


def write(root: Path, names: Sequence[str] | None = None, schemas: bool = False) -> list[str]:
    """Bring all of it up to date: what was written or removed."""
    wanted, extra = render_files(root, names, schemas), find_leftovers(root, names)
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
@click.option(
    "--schemas",
    is_flag=True,
    help="Begin with the JSON Schemas, too: docs/stack-config.schema.json for editors, docs/outputs.schema.json.",
)
@on_stacks
def command(root: Path, stacks: tuple[str, ...], only_check: bool, schemas: bool) -> int:
    """Write what is generated from the stacks: truss_configs/.

    The JSON Schemas of a stack's configuration and of its outputs are kept up to date once they are in docs/. --check
    names what is out of date.
    """
    act = check if only_check else write
    lines = act(root, stacks, schemas)
    click.echo("\n".join(lines) or "generated files are up to date")
    return FINDING if only_check and lines else 0
