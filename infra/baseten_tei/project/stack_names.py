"""Which stacks a project has, from the names of its files: also where what stands in them is wrong."""

from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.project.selection import stack_files
from baseten_tei.project.stack import Workspace
from baseten_tei.spec.names import stack_name_problem
from baseten_tei.spec.spec_parser import NAMESPACE


def stack_names(root: Path) -> list[str]:
    """Return the stacks with models; examples are not stacks.

    No program is run for that: where no configuration has models, each stack's program may register some.
    Raises `UserError` if a file is not valid YAML, or a stack has the name of an environment of the workflows.
    """
    names = stack_files(root)
    if reserved := [problem for name in names if (problem := stack_name_problem(name))]:
        raise UserError(*reserved)
    configured = [name for name in names if f"{NAMESPACE}:models" in Workspace(root, name).config]
    return configured or names


def on_an_account(root: Path) -> list[str]:
    """Return the stacks that a merge deploys. Deploying one that is on an emulator would change no service."""
    return [name for name in stack_names(root) if not Workspace(root, name).target.loopback]
