"""Decides which engine a machine gets, and why; pure.

The official engine is always preferred; the one built here, with its stand-ins, is for machines
that cannot have it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pulumi_engine.errors import EngineError
from pulumi_engine.versions import BUILT, BUNDLE, OLDEST_GO, OLDEST_PULUMI, Version

FORCE = "PULUMI_ENGINE"  # the environment variable that forces a path


class Kind(StrEnum):
    """Where an engine comes from; the values of PULUMI_ENGINE."""

    PATH = "path"
    OFFICIAL = "official"
    BUILD = "build"


def pinned_version(kind: str) -> Version:
    """Return the version that is downloaded, or built."""
    return BUNDLE if kind == Kind.OFFICIAL else BUILT


@dataclass(frozen=True)
class Installed:
    """A `pulumi` that is on PATH and not ours."""

    path: Path
    version: Version | None
    has_language_host: bool


@dataclass(frozen=True)
class Machine:
    """The facts about a machine. `releases` is None while the network was not tried."""

    installed: Installed | None = None
    platform: str | None = None  # as in the bundle's name, "linux-x64"; None: there is no bundle
    releases: bool | None = None
    go: Version | None = None
    cached: frozenset[Kind] = frozenset()


@dataclass(frozen=True)
class Choice:
    """The path taken, and why not an earlier one."""

    kind: Kind
    why: str


def parse_forced(value: str) -> Kind | None:
    """Return the value of PULUMI_ENGINE, `None` if it is empty. Raises EngineError for another word."""
    if not value:
        return None
    try:
        return Kind(value)
    except ValueError:
        words = ", ".join(Kind)
        raise EngineError(f"{FORCE}={value} is not one of {words}: set one, or unset it") from None


def path_obstacle(installed: Installed | None) -> str | None:
    """Return why the `pulumi` on PATH is not taken; None when it is."""
    if installed is None:
        return "no pulumi on PATH"
    if installed.version is None:
        return f"{installed.path} does not print its version"
    if installed.version < OLDEST_PULUMI:
        return f"{installed.path} is {installed.version}, older than {OLDEST_PULUMI}"
    if not installed.has_language_host:
        return f"{installed.path} has no pulumi-language-python beside it or on PATH"
    return None


def official_obstacle(machine: Machine) -> str | None:
    """Return why the official bundle is not taken; None when it is, or is in the cache."""
    if Kind.OFFICIAL in machine.cached:
        return None
    if machine.platform is None:
        return "there is no official bundle for this system"
    return None if machine.releases else "Pulumi's releases cannot be reached from here"


def build_obstacle(machine: Machine) -> str | None:
    """Return why the engine cannot be built; None when it can, or is in the cache."""
    if Kind.BUILD in machine.cached:
        return None
    if machine.go is None:
        return f"no go on PATH (install Go {OLDEST_GO} or newer to have the engine built)"
    if machine.go < OLDEST_GO:
        return f"go is {machine.go} (install Go {OLDEST_GO} or newer to have the engine built)"
    return None


def _obstacles(machine: Machine) -> Iterator[tuple[Kind, str | None]]:
    """Yield each path in the order of preference, with its obstacle."""
    yield Kind.PATH, path_obstacle(machine.installed)
    yield Kind.OFFICIAL, official_obstacle(machine)
    yield Kind.BUILD, build_obstacle(machine)


def choose(machine: Machine, forced: Kind | None = None) -> Choice:
    """Return the first path that is free, or the forced one.

    Raises EngineError with every obstacle if no path is free.
    """
    obstacles = dict(_obstacles(machine))
    if forced:
        if obstacles[forced]:
            raise EngineError(f"{FORCE}={forced} cannot be done: {obstacles[forced]}")
        return Choice(forced, f"{FORCE}={forced}")
    reasons: list[str] = []
    for kind, obstacle in obstacles.items():
        if obstacle is None:
            return Choice(kind, "; ".join(reasons) or "it is on PATH and new enough")
        reasons.append(obstacle)
    raise EngineError(
        f"no Pulumi engine: {'; '.join(reasons)}. Install Pulumi {BUILT} or Go, then set up again"
    )
