"""What `pulumi install` and `pulumi new` run for a Python project, as the official host does for each toolchain."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

REQUIREMENTS = "requirements.txt"
_SYNC = {"uv": ("uv", "sync"), "poetry": ("poetry", "install", "--no-ansi", "--no-root")}


def install_commands(
    root: Path, program: Path, options: Mapping[str, Any], python: str = sys.executable
) -> list[tuple[str, ...]]:
    """Return the commands that make a project's environment and install into it; none where it has none to make.

    With pip that is what `virtualenv:` names, made by the Python that runs the engine, and the nearest
    requirements.txt.
    """
    if sync := _SYNC.get(str(options.get("toolchain"))):
        return [sync]
    if not options.get("virtualenv"):
        return []
    folder = root / str(options["virtualenv"])
    own = str(folder / "bin/python")
    made: list[tuple[str, ...]] = (
        [] if (folder / "bin/python").exists() else [(python, "-m", "venv", str(folder))]
    )
    wanted = next((it for it in (program, root) if (it / REQUIREMENTS).is_file()), None)
    if wanted is None:
        return made
    pip = (own, "-m", "pip", "install", "--disable-pip-version-check")
    return [*made, (*pip, "-r", str(wanted / REQUIREMENTS))]


def run_commands(commands: list[tuple[str, ...]], folder: Path) -> Iterator[bytes]:
    """Run each in the folder; yield what they print. Raise `RuntimeError` where one fails."""
    for command in commands:
        with subprocess.Popen(  # noqa: S603  # the project's own tools
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as running:
            yield from running.stdout or ()
        if running.returncode:
            raise RuntimeError(f"`{' '.join(command)}` ended with exit code {running.returncode}")
