"""Looks at this machine: which pulumi and go it has, and whether the releases can be reached."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from pulumi_engine.cache import cached_kinds
from pulumi_engine.decision import Installed, Kind, Machine, path_obstacle
from pulumi_engine.official import platform_name, reachable
from pulumi_engine.versions import Version, parse_version

LANGUAGE_HOST = "pulumi-language-python"
_ANSWER_SECONDS = 30.0  # a tool that takes longer to tell its version is not there


def _foreign_folders(search: str) -> Iterator[Path]:
    """Yield the folders of PATH without the `.engine/bin` of any checkout."""
    for folder in (Path(entry) for entry in search.split(os.pathsep) if entry):
        if folder.parts[-2:] != (".engine", "bin"):
            yield folder


def tool_version(*command: str) -> Version | None:
    """Return the version a tool reports; None if it does not run or reports none."""
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(  # noqa: S603 -- a tool found on PATH or put there by us
            command, capture_output=True, text=True, timeout=_ANSWER_SECONDS, env=environ
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(answer.stdout) if answer.returncode == 0 else None


def find_installed(search: str) -> Installed | None:
    """Return the first `pulumi` on PATH that is not ours, and whether a language host comes with it."""
    folders = list(_foreign_folders(search))
    joined = os.pathsep.join(map(str, folders))
    found = shutil.which("pulumi", path=joined) if folders else None
    if found is None:
        return None
    beside = Path(found).resolve().with_name(LANGUAGE_HOST)
    has_host = beside.exists() or shutil.which(LANGUAGE_HOST, path=joined) is not None
    return Installed(Path(found), tool_version(found, "version"), has_host)


def describe(
    cache: Path, search: str, forced: Kind | None, ask: Callable[[], bool] = reachable
) -> Machine:
    """Return the facts that the decision needs; the network is tried only when the answer can matter."""
    installed, cached = find_installed(search), cached_kinds(cache)
    bundle = platform_name(sys.platform, platform.machine())
    settled = path_obstacle(installed) is None if forced is None else forced is not Kind.OFFICIAL
    needs_answer = bundle is not None and Kind.OFFICIAL not in cached and not settled
    return Machine(
        installed=installed,
        platform=bundle,
        releases=ask() if needs_answer else None,
        go=tool_version("go", "env", "GOVERSION"),
        cached=cached,
    )
