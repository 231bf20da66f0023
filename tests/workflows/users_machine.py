"""A user's virtual environment: this package as its wheel installs it, and nothing of this clone but third parties."""

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.harness import ROOT

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Of a machine on which nothing is installed yet."""
_ALSO = {"truss": "truss.cli.cli:truss_cli"}
"""What a push runs."""
_VARIABLES = "variables.json"


@dataclass(frozen=True)
class UsersMachine:
    """What a user has installed: the environment, and an engine that `pulumi_engine setup` found for it."""

    environment: Path
    engine: Path
    """The folder `.engine`."""
    variables: Mapping[str, str]
    """Of a shell that has evaluated `pulumi_engine env`."""


def read_machine(folder: Path) -> UsersMachine:
    """Return what `make_machine` installed in a folder."""
    variables = json.loads((folder / _VARIABLES).read_text())
    return UsersMachine(folder / "environment", folder / ".engine", variables)


def make_machine(folder: Path) -> None:
    """Install both in a folder."""
    folder.mkdir()
    environment = make_environment(folder / "environment")
    helper = f"{environment}/bin/python -m pulumi_engine --project {folder}"
    ended = subprocess.run(
        ["bash", "-euc", f'{helper} setup >&2; eval "$({helper} env)"; env -0'],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = dict(it.split("=", 1) for it in ended.stdout.split("\0") if it)
    path = f"{found['PATH'].partition(':')[0]}:{SYSTEM_PATH}"
    pulumi = {name: it for name, it in found.items() if name.startswith("PULUMI_")}
    (folder / _VARIABLES).write_text(json.dumps({**pulumi, "PATH": path}))


def make_environment(folder: Path) -> Path:
    """Make the environment in a folder; no index is asked."""
    wheel = _build_wheel(folder.with_name(f"{folder.name}-wheel"))
    venv.create(folder, symlinks=True, with_pip=False)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # A line of a .pth adds a folder without reading the .pth files there: this clone is not among the packages.
    (packages / "third_parties.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, entry in {**project["scripts"], **_ALSO}.items():
        _write_script(folder / "bin" / name, folder / "bin" / "python", entry)
    return folder


def _build_wheel(folder: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def _write_script(path: Path, python: Path, entry: str) -> None:
    module, function = entry.split(":")
    path.write_text(
        f"#!{python}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
    )
    path.chmod(0o755)
