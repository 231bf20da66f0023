"""`python -m pulumi_engine setup`: find or make an engine and put it into the project."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pulumi_engine import gobuild, official
from pulumi_engine.cache import cache_root, engine_folder, hold_lock, publish
from pulumi_engine.decision import FORCE, Kind, Machine, choose, parse_forced, pinned_version
from pulumi_engine.errors import EngineError
from pulumi_engine.machine import describe, tool_version
from pulumi_engine.project import Engine, install, read_engine
from pulumi_engine.versions import Version


def say(line: str) -> None:
    """Print progress to stderr, unbuffered."""
    print(f"engine: {line}", file=sys.stderr, flush=True)


def still_good(engine: Engine | None, forced: Kind | None) -> bool:
    """Return whether a project's engine needs no set-up: of this version, this Python, the wanted kind."""
    if engine is None or engine.python != sys.executable:
        return False
    ours = engine.kind != Kind.PATH
    of_this_version = engine.version == str(pinned_version(engine.kind))
    return forced in (None, engine.kind) and (not ours or of_this_version)


def _make_engine(make: partial[None], version: Version, folder: Path) -> None:
    """Make the engine's files and see that it runs, before it counts as one."""
    make(folder)
    if tool_version(str(folder / "pulumi"), "version") != version:
        raise EngineError(f"{folder / 'pulumi'} does not run, or is not Pulumi {version}")


def obtain(kind: Kind, machine: Machine, cache: Path) -> tuple[Path, str]:
    """Return the CLI of the chosen kind, fetched or built if it is not there, and its version."""
    if kind is Kind.PATH and machine.installed:
        return machine.installed.path, str(machine.installed.version)
    make = partial(gobuild.build, say=say)
    if kind is Kind.OFFICIAL:
        make = partial(official.fetch, platform=machine.platform or "", say=say)
    version = pinned_version(kind)
    folder = publish(engine_folder(cache, kind), partial(_make_engine, make, version), say)
    return folder / "pulumi", str(version)


def setup(root: Path, environ: Mapping[str, str], again: bool = False) -> Engine:
    """Set up the project's engine and return it; a good one is kept, unless `again`."""
    forced = parse_forced(environ.get(FORCE, ""))
    with hold_lock(root / ".engine/lock", say):
        current = read_engine(root)
        if current and still_good(current, forced) and not again:
            return current
        cache = cache_root(environ)
        machine = describe(cache, environ.get("PATH", os.defpath), forced)
        choice = choose(machine, forced)
        say(f"taking {choice.kind}: {choice.why}")
        binary, version = obtain(choice.kind, machine, cache)
        return install(root, binary, choice.kind, version, choice.why)
