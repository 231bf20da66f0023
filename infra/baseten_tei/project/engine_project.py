"""The project that the engine runs for, as a process that the engine has started finds it.

A policy pack runs in the pack's own folder, and gets the project's name but not its folder (Pulumi 3.259.0). The
engine itself runs below the project's folder: that is how it found the project.
"""

from pathlib import Path

import psutil

from baseten_tei.errors import UserError
from baseten_tei.project.stack import Workspace

LANGUAGE_HOST = "pulumi-language"


def engine_workspace(project: str, stack: str) -> Workspace:
    """Return the stack of the engine that started this process. Raise `UserError` where it is not this project's."""
    folder = _engine_folder()
    root = next((it for it in (folder, *folder.parents) if (it / "Pulumi.yaml").is_file()), folder)
    workspace = Workspace(root, stack)
    if workspace.owner.project != project:
        raise UserError(
            f"{root}/Pulumi.yaml is project {workspace.owner.project!r}, and the policies were called for {project!r}: "
            "run pulumi in the project's folder, or with --cwd"
        )
    return workspace


def _engine_folder() -> Path:
    """The folder that `pulumi`, the nearest one above this process, runs in."""
    try:
        return next(Path(it.cwd()) for it in psutil.Process().parents() if _is_engine(it.name()))
    except (StopIteration, psutil.Error) as error:
        raise UserError(
            "the policies cannot see in which folder pulumi runs, so they cannot judge: start pulumi in the "
            "project's folder, as the same user"
        ) from error


def _is_engine(name: str) -> bool:
    return "pulumi" in name and LANGUAGE_HOST not in name
