"""Which Python runs a push: the program's own. A project whose pushes would find another one is refused.

A push's interpreter is in every state, so it is the same text on every machine. The shell that runs it has the
engine's PATH, the program's folder, and `PULUMI_RUNTIME_VIRTUALENV` where Pulumi.yaml names one (3.259.0).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_yaml
from baseten_tei.program import construction
from baseten_tei.program.program_end import runs_in_host
from baseten_tei.program.python.python_options import TOOLS, PythonOptions, parse_python_options

SHELL = ("/bin/sh", "-c")

INTERPRETER = (
    *SHELL,
    'for up in "" ../ ../../; do python="$up${PULUMI_RUNTIME_VIRTUALENV:-/none}/bin/python3"; '
    '[ -x "$python" ] && exec "$python" -m baseten_tei.push; done; exec python3 -m baseten_tei.push',
)
"""The same on every machine and for ever: pulumi-command runs a push again when this text changes.

`virtualenv` comes as Pulumi.yaml writes it, but with `main: infra/` commands run in infra/ (measured, 3.259.0).
"""

_UPWARDS = ("", "..", "../..")

FINDING = {
    "uv": 'VIRTUAL_ENV= uv run -q --no-sync python -c "import sys; print(sys.executable)"',
    "poetry": "poetry env info --executable",
}
"""Commands that print a project's Python where a tool keeps its environment. Each is in states: never change it."""


@dataclass(frozen=True)
class PushPython:
    """A push's interpreter. With `keep`, one that a state has already stays: it does as well."""

    interpreter: tuple[str, ...]
    keep: bool = False


def interpreter_by(tool: str) -> tuple[str, ...]:
    """Return the interpreter that asks a tool for the project's Python."""
    return (*SHELL, f'python=$({FINDING[tool]}) && exec "$python" -m baseten_tei.push')


@cache
def push_python(root: Path) -> PushPython:
    """Return how pushes find this program's Python. Raise `UserError` with what to write where they cannot.

    Only a program in Pulumi's host knows which Pulumi.yaml the engine has read: any other gets the usual text. A
    plugin says by itself which Python it has.
    """
    if construction.current.get():
        return PushPython(construction.INTERPRETER)
    project = root / "Pulumi.yaml"
    if not runs_in_host() or not project.is_file():
        return PushPython(INTERPRETER)
    here = Path.cwd()
    options = parse_python_options(read_yaml(project, project.name), find_lock_files(here))
    environ = engine_environ(os.environ, options)
    first = _find_named_python(here, options) or shutil.which("python3", path=environ["PATH"])
    if _is_own(first):
        return PushPython(INTERPRETER, keep=options.virtualenv is None)
    if options.tool and _is_own(_run(FINDING[options.tool], environ)):
        return PushPython(interpreter_by(options.tool))
    raise UserError(_refusal(root, here))


def find_lock_files(here: Path) -> dict[str, bool]:
    """Return which tools have a lock file in the program's folder or above it."""
    return {
        tool: any((it / f"{tool}.lock").is_file() for it in (here, *here.parents)) for tool in TOOLS
    }


def engine_environ(environ: Mapping[str, str], options: PythonOptions) -> dict[str, str]:
    """Return the engine's environment: the program's, less what the host did to activate a virtual environment."""
    first, _, others = environ.get("PATH", "").partition(os.pathsep)
    activated = options.activated and Path(first).resolve() == Path(sys.prefix, "bin").resolve()
    path = others if activated else environ.get("PATH", "")
    return {**environ, "PATH": path, "VIRTUAL_ENV": ""}


def _find_named_python(here: Path, options: PythonOptions) -> str | None:
    """The Python that INTERPRETER finds by the option `virtualenv`."""
    if options.virtualenv is None:
        return None
    found = (here / up / options.virtualenv / "bin/python3" for up in _UPWARDS)
    return next((str(it) for it in found if os.access(it, os.X_OK)), None)


def _is_own(python: str | None) -> bool:
    """Whether a Python has this program's packages; one in another folder is asked, since it may be a shim."""
    if not python:
        return False
    own = Path(sys.prefix).resolve()
    if Path(python).parents[1].resolve() == own:
        return True
    asked = _run('"$0" -c "import sys; print(sys.prefix)"', os.environ, python)
    return bool(asked) and Path(asked).resolve() == own


def _run(command: str, environ: Mapping[str, str], *arguments: str) -> str:
    """What a command prints; nothing where it fails."""
    done = subprocess.run(  # noqa: S603  # fixed commands
        [*SHELL, command, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _refusal(root: Path, here: Path) -> str:
    problem = f"the push steps would not run with this program's Python, {sys.executable}"
    if sys.prefix == sys.base_prefix:
        return f"{problem}: put its folder first on PATH before you start pulumi"
    inside = os.path.relpath(sys.prefix, root)
    reached = not inside.startswith("..") and _is_own(
        _find_named_python(here, PythonOptions(inside, None))
    )
    virtualenv = inside if reached else sys.prefix
    return f"{problem}: write `virtualenv: {virtualenv}` under `runtime: options:` in Pulumi.yaml"
