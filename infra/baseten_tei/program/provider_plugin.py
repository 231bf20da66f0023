"""Whether the engine will find our provider: it says only that it did not, and not what to write."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_yaml
from baseten_tei.program.program_end import runs_in_host
from baseten_tei.program.python.push_python import engine_environ, find_lock_files
from baseten_tei.program.python.python_options import parse_python_options

NAME = "baseten"
EXECUTABLE = f"pulumi-resource-{NAME}"


def require_provider(root: Path) -> None:
    """Raise `UserError` with what to write where nothing leads the engine to it, Pulumi.yaml least of all.

    Only a program in Pulumi's host knows which Pulumi.yaml the engine has read.
    """
    file = root / "Pulumi.yaml"
    if not runs_in_host() or not file.is_file():
        return
    project = read_yaml(file, file.name)
    if _names_provider(project) or _is_found(project) or _is_installed(os.environ):
        return
    here = Path(sys.prefix, "bin")
    path = here.relative_to(root) if here.is_relative_to(root) else here
    raise UserError(
        f"Pulumi.yaml does not say where the provider {NAME!r} is: write `plugins: {{providers: [{{name: {NAME}, "
        f"path: {path}}}]}}` into it"
    )


def _names_provider(project: object) -> bool:
    """Whether the project's plugins or packages have it, in whatever form."""
    if not isinstance(project, Mapping):
        return False
    plugins, packages = project.get("plugins"), project.get("packages")
    providers = plugins.get("providers") if isinstance(plugins, Mapping) else None
    named = [it.get("name") for it in providers or () if isinstance(it, Mapping)]
    return NAME in named or bool(isinstance(packages, Mapping) and packages)


def _is_found(project: object) -> bool:
    """Whether it is on the engine's PATH, as of an environment that a person has activated."""
    options = parse_python_options(project, find_lock_files(Path.cwd()))
    search = engine_environ(os.environ, options)["PATH"]
    return shutil.which(EXECUTABLE, path=search) is not None


def _is_installed(environ: Mapping[str, str]) -> bool:
    home = Path(environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return any(home.glob(f"plugins/resource-{NAME}-v*"))
