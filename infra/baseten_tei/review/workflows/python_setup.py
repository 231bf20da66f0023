"""How a job gets a project's Python packages, from the files that the project has. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.program.python_options import PythonOptions

PYTHON = "3.11"
"""Of jobs, where the project has no `.python-version`."""
UV, POETRY = "uv==0.13.9", "poetry==2.5.1"
REQUIREMENTS = ("requirements.lock", "requirements.txt")
_NAMED = re.compile(r"baseten[-_.]tei(?![-_]?[a-z])", re.IGNORECASE)
_PINNED = re.compile(
    r"===?\s*[\w.+!]+|git\+\S+/[\w.-]+@[\w.+-]+(?=[#\s]|$)|\.whl|\.tar\.gz|^-e (?!git\+)|^\.{0,2}/|@ (file|https?)://"
)
_INCLUDES = re.compile(r"^(-r|-c|--requirement|--constraint)\b", re.MULTILINE)
_VERSION = re.compile(r"3\.\d+(\.\d+)?")


@dataclass(frozen=True)
class PythonSetup:
    """The lines that install a project's packages, and what its commands begin with then."""

    version: str
    install: tuple[str, ...]
    run: str
    """Before a command of the packages."""
    pulumi: str
    """Before `pulumi`, whose host finds the packages by itself if Pulumi.yaml names their environment."""
    requirements: str
    """The file that pins them."""
    cache: str


def find_setup(
    options: PythonOptions, files: Mapping[str, str], product: str, program: str = ""
) -> PythonSetup:
    """Return a project's setup. `files` are the texts of those that it has, `program` the folder of its program.

    Raises `UserError` where nothing pins the version of this package: `product` is the one that runs.
    """
    named = _VERSION.fullmatch(files.get(".python-version", "").strip())
    version = named[0] if named else PYTHON
    if options.tool == "uv":
        _check_lock("uv.lock", files, f"uv add baseten-tei=={product}")
        lines = (f"python -m pip install {UV}", "uv sync --locked")
        return PythonSetup(
            version, lines, "uv run --no-sync ", "uv run --no-sync ", "uv.lock", "uv"
        )
    if options.tool == "poetry":
        _check_lock("poetry.lock", files, f"poetry add baseten-tei@{product}")
        lines = (
            f"python -m pip install {POETRY}",
            "POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction",
        )
        return PythonSetup(version, lines, "poetry run ", "poetry run ", "poetry.lock", "pypoetry")
    return _pip_setup(options.virtualenv, files, product, program, version)


def _pip_setup(
    virtualenv: str | None, files: Mapping[str, str], product: str, program: str, version: str
) -> PythonSetup:
    names = (*REQUIREMENTS, *(f"{program}/{name}" for name in REQUIREMENTS if program))
    name = next((it for it in names if it in files), None)
    if name is None:
        raise UserError(
            f"there is no requirements.txt, uv.lock or poetry.lock: write baseten-tei=={product} into requirements.txt"
        )
    own = _is_the_product(files)
    if not own and (problem := pin_problem(name, files[name], product)):
        raise UserError(problem)
    folder = f"{virtualenv}/bin/" if virtualenv else ""
    lines = [f"python -m venv {virtualenv}"] if virtualenv else []
    lines.append(f"{folder}python -m pip install -r {name}")
    lines += [f"{folder}python -m pip install --no-deps -e ."] if own else []
    return PythonSetup(version, tuple(lines), folder, "", name, "pip")


def pin_problem(name: str, text: str, product: str) -> str | None:
    """Return why requirements do not say which version of this package they mean; `None` where they do.

    Files that they include are not read.
    """
    found = [line for line in _lines(text) if _NAMED.search(line)]
    if not found and _INCLUDES.search(text):
        return None
    if not found:
        return f"{name} has no baseten-tei: write baseten-tei=={product} into it"
    if not _PINNED.search(found[0]):
        return (
            f"{name}: {found[0]!r} is not one version, so that a job may check with another than you have: "
            f"write baseten-tei=={product}"
        )
    return None


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        bare = line.split(" #")[0].strip().rstrip("\\").strip()
        if bare and not bare.startswith(("#", "--")):
            yield bare


def _check_lock(name: str, files: Mapping[str, str], command: str) -> None:
    if name not in files:
        raise UserError(f"there is no {name}: run `{name.partition('.')[0]} lock`")
    if not re.search(r'^name = "baseten-tei"', files[name], re.MULTILINE):
        raise UserError(f"{name} has no baseten-tei: run `{command}`")


def _is_the_product(files: Mapping[str, str]) -> bool:
    """Return whether the project is a clone of this package, which installs itself."""
    try:
        found: Any = tomllib.loads(files.get("pyproject.toml", ""))
        return bool(found["project"]["name"] == "baseten-tei")
    except (tomllib.TOMLDecodeError, LookupError, TypeError):
        return False
