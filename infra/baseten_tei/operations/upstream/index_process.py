"""The newest version of a package, as this environment's own installer says it.

pip and uv know the package index that this machine uses, its mirrors, certificates and credentials (PIP_INDEX_URL,
pip.conf, UV_INDEX_URL, uv.toml, …), which Python and platform a version is for, and what was yanked: nothing of that
is repeated here, and no address of an index is in this package.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec

SECONDS = 120
"""For an index that is asked through a slow proxy."""
NO_INSTALLER = "neither pip nor uv is in this environment: run `python -m ensurepip`"
Run = Callable[[list[str]], str | None]


def find_newest(name: str, here: str) -> str | None:
    """Return the newest version that the index has for this Python; `None` where it has none or does not answer.

    `here` is the installed one, which uv tells only of packages that are behind.
    """
    if find_spec("pip") is not None:
        return read_pip(name, _run([sys.executable, "-P", "-m", "pip", *_PIP, name]))
    uv = shutil.which("uv")
    if uv is None:
        return None
    return read_uv(name, here, _run([uv, *_UV, "--python", sys.executable]))


_PIP = ["index", "versions", "--disable-pip-version-check", "--no-input"]
_UV = ["pip", "list", "--outdated", "--format", "json"]


def has_installer() -> bool:
    """Return whether there is a pip or a uv to ask."""
    return find_spec("pip") is not None or shutil.which("uv") is not None


def read_pip(name: str, said: str | None) -> str | None:
    """Return the version in the first line of `pip index versions`: `truss (0.18.36)`."""
    match = re.search(rf"^{re.escape(name)} \((\d[^)\s]*)\)$", said or "", re.MULTILINE)
    return match and match[1]


def read_uv(name: str, here: str, said: str | None) -> str | None:
    """Return the version that `uv pip list --outdated` has of a package; one that it does not list is the newest."""
    try:
        listed = json.loads(said or "")
        newest = {it["name"]: str(it["latest_version"]) for it in listed}
    except (ValueError, LookupError, TypeError):
        return None
    return newest.get(name, here)


def find_pulumi_version() -> str | None:
    """Return the version of the pulumi on PATH; `None` where there is none, or it does not say."""
    pulumi = shutil.which("pulumi")
    said = _run([pulumi, "version"]) if pulumi else None
    match = re.match(r"v?(\d+\.\d+\.\d+)", said or "")
    return match and match[1]


def _run(command: list[str]) -> str | None:
    """What it prints, or `None`; what goes wrong may hold an index's password, and is not shown."""
    try:
        done = subprocess.run(  # noqa: S603  # fixed words, and names of ours
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
