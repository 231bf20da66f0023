"""Which project and which stack a command is about: read from the folder, and from what `pulumi stack select` left."""

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha1
from pathlib import Path

from baseten_tei.errors import UserError, did_you_mean, list_names

PROJECT = "Pulumi.yaml"


def project_folder(given: Path | None, here: Path) -> Path:
    """Return the folder of Pulumi.yaml: the one that was given, or `here` or the nearest above it.

    Raises `UserError` for a folder that is not a project.
    """
    if given is not None:
        if (given / PROJECT).is_file():
            return given.absolute()
        raise UserError(
            f"there is no {PROJECT} in {given}: name the folder of a project with --root"
        )
    for folder in (here, *here.parents):
        if (folder / PROJECT).is_file():
            return folder
    raise UserError(
        f"there is no {PROJECT} in {here} or above: run this in a project, or name its folder with --root"
    )


def stack_files(root: Path) -> list[str]:
    """Return the names of the stacks that have a Pulumi.<stack>.yaml; examples are not stacks."""
    names = (path.name.removeprefix("Pulumi.") for path in root.glob("Pulumi.*.yaml"))
    return sorted(it.removesuffix(".yaml") for it in names if not it.endswith(".example.yaml"))


def chosen_stack(root: Path, given: str | None, environ: Mapping[str, str]) -> str:
    """Return the stack that was given, or else the selected one, or else the only one.

    Raises `UserError` where there is no such stack, and where several are there and none is selected.
    """
    files, selected = stack_files(root), selected_stack(root, environ)
    wanted = given or environ.get("PULUMI_STACK", "").rpartition("/")[2]
    if wanted:
        if wanted not in files and wanted != selected:
            raise UserError(_not_there(root, wanted, files))
        return wanted
    if selected:
        return selected
    if len(files) == 1:
        return files[0]
    if not files:
        raise UserError(_none(root))
    raise UserError(f"no stack is selected: choose one of {list_names(files)} with --stack")


def chosen_stacks(
    root: Path, given: Sequence[str], environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Return the stacks that were given, or else all. Raises `UserError` for one that is not there.

    The selected one is there without a file too: a program may need nothing of its configuration.
    """
    selected = selected_stack(root, environ)
    files = sorted({*stack_files(root), *([selected] if selected else [])})
    if missing := [name for name in given if name not in files]:
        raise UserError(*(_not_there(root, name, files) for name in missing))
    return tuple(dict.fromkeys(given)) or tuple(files)


def selected_stack(root: Path, environ: Mapping[str, str]) -> str | None:
    """Return the stack that `pulumi stack select` chose for a project, without its organization.

    Source: pulumi 3.259.0, sdk/go/common/workspace: `<home>/workspaces/<project>-<sha1 of the path>-workspace.json`.
    """
    home = Path(environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    for folder in dict.fromkeys((root, root.resolve())):
        path = sha1(str(folder / PROJECT).encode(), usedforsecurity=False).hexdigest()
        for file in (home / "workspaces").glob(f"*-{path}-workspace.json"):
            if selected := _stack_in(file):
                return selected.rpartition("/")[2]
    return None


def _stack_in(file: Path) -> str | None:
    try:
        stack = json.loads(file.read_bytes()).get("stack")
    except (
        OSError,
        ValueError,
        AttributeError,
    ):  # Pulumi's own file: a selection that cannot be read is none
        return None
    return stack if isinstance(stack, str) else None


def _not_there(root: Path, name: str, files: Sequence[str]) -> str:
    if not files:
        return f"there is no stack {name!r}: {_none(root)}"
    return f"there is no stack {name!r} in {root}.{did_you_mean(name, files)} It has: {list_names(files)}"


def _none(root: Path) -> str:
    return f"there is no Pulumi.<stack>.yaml in {root}: run pulumi stack init"
