"""How a job gets a project's Python packages, from the files that the project has. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.program.python.python_options import PythonOptions

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

    `product` is the version of this package that runs, which a job is to have as well. Raises `UserError` where a lock
    file does not have it.
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
    folder = f"{virtualenv}/bin/" if virtualenv else ""
    pip = f"{folder}python -m pip install"
    lines = [f"python -m venv {virtualenv}"] if virtualenv else []
    if _is_the_product(files):
        lines += [f"{pip} -r {name}", f"{pip} --no-deps -e ."]
    else:
        lines.append(" ".join([pip, *_packages(name, files, product)]))
    return PythonSetup(version, tuple(lines), folder, "", name or "Pulumi.yaml", "pip")


def _packages(name: str | None, files: Mapping[str, str], product: str) -> Iterator[str]:
    """Yield what pip installs: the requirements, and this version of this package where they allow several."""
    text = files[name] if name else ""
    if name:
        yield f"-r {name}"
    if _is_pinned(text):
        return
    if "--hash=" in text:
        raise UserError(
            f"{name} has hashes, and no baseten-tei: add baseten-tei=={product} to what it is made from"
        )
    yield f'"baseten-tei[emulator]=={product}"'


def _is_pinned(text: str) -> bool:
    """Return whether requirements allow one version of this package alone; files that they include are not read."""
    found = [line for line in _lines(text) if _NAMED.search(line)]
    return bool(_PINNED.search(found[0]) if found else _INCLUDES.search(text))


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
