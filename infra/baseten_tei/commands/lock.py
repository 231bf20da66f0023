"""`python -m baseten_tei.commands.lock [MODEL…] [--stack S] [--check] [--root DIR]`:
lock what the Hub says of the models.

Without names all models of all stacks. Writes `locks/<stack>.yaml`, prints each field that changed, and removes
what no model uses. `--check` writes nothing.

Exit: 0 nothing to do, 1 something moved or is to be mended, 2 the Hub was away.
"""

import argparse
import datetime
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from baseten_tei.commands.ending import ends_with
from baseten_tei.errors import UserError, perhaps
from baseten_tei.facts.hub.facts_of_repository import model_facts
from baseten_tei.facts.hub.hub_client import Hub, HubUnreachableError
from baseten_tei.facts.hub.lock_changes import (
    LockedStack,
    Readings,
    entries,
    exit_code,
    moved,
    problems,
)
from baseten_tei.facts.hub.lockfile import FOLDER, Key, render_lock
from baseten_tei.facts.network.bounds import LateError, within
from baseten_tei.project import generated_files
from baseten_tei.project.stacks import stacks
from baseten_tei.rules.settings import Settings

MODEL_SECONDS = 300.0
"""For all answers about one model."""
READERS = 8
"""Models read at once: each is some eight small requests, one after another."""


@ends_with(1)
def main(argv: Sequence[str] | None = None) -> int:
    """Lock, or with `--check` only look."""
    arguments = _parser().parse_args(argv)
    found = chosen(arguments.root, arguments.stack, arguments.models)
    readings = read(Hub.from_environment(), sorted({k for stack in found for k in stack.asked}))
    lines = [line for stack in found for line in moved(stack, readings)]
    if not arguments.check:
        lines += write(arguments.root, found, readings)
    if not arguments.stack:
        lines += orphans(arguments.root, found, remove=not arguments.check)
    _tell(lines, problems(readings))
    return exit_code(readings, arguments.check and bool(lines))


def chosen(root: Path, stack: str | None, names: Sequence[str]) -> list[LockedStack]:
    """The stacks to lock. Raises `UserError` for a stack or model that is not there."""
    every = {it.name: it.settings for it in stacks(root, locked=False)}
    if stack is not None and stack not in every:
        raise UserError(f"there is no Pulumi.{stack}.yaml with models.{perhaps(stack, every)}")
    wanted = {name: settings for name, settings in every.items() if stack in (None, name)}
    models = [pair for settings in wanted.values() for pair in settings.models.items()]
    known = {word for name, args in models for word in (name, args.model_id)}
    if unknown := [name for name in names if name not in known]:
        raise UserError(*(f"no stack has a model {n!r}.{perhaps(n, known)}" for n in unknown))
    return [_locked(root, name, settings, names) for name, settings in wanted.items()]


def read(hub: Hub, keys: Sequence[Key]) -> Readings:
    """What the Hub says today of each."""
    readings = Readings()
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(partial(_read, hub, day, readings), keys))
    return readings


def write(root: Path, found: Iterable[LockedStack], readings: Readings) -> list[str]:
    """Bring the lock files up to date: what was written or removed."""
    lines = []
    for stack in found:
        kept = entries(stack, readings)
        if kept and generated_files.write_if_changed(root / stack.file, render_lock(kept)):
            lines.append(f"wrote {stack.file}")
        elif stack.locked and not kept:
            generated_files.remove(root / stack.file)
            lines.append(f"removed {stack.file}")
    return lines


def orphans(root: Path, found: Iterable[LockedStack], *, remove: bool) -> list[str]:
    """Lock files whose stack is gone, a line each."""
    wanted = {root / stack.file for stack in found}
    gone = sorted(set((root / FOLDER).glob("*.yaml")) - wanted)
    for path in gone if remove else ():
        generated_files.remove(path)
    return [f"{path.relative_to(root)} belongs to no stack" for path in gone]


def _read(hub: Hub, day: str, readings: Readings, key: Key) -> None:
    try:
        repository = within(MODEL_SECONDS, partial(hub.read, *key, day))
        readings.facts[key] = model_facts(repository)
    except UserError as error:
        readings.refused[key] = str(error)
    except HubUnreachableError as error:
        readings.away[key] = str(error)
    except LateError as error:
        readings.away[key] = f"{hub.host}: {error}"


def _locked(root: Path, name: str, settings: Settings, names: Sequence[str]) -> LockedStack:
    file = f"{FOLDER}/{name}.yaml"
    keys = {n: (args.model_id, args.revision) for n, args in settings.models.items()}
    asked = [key for n, key in keys.items() if not names or n in names or key[0] in names]
    locked = generated_files.locked_facts(root, name)
    return LockedStack(file, locked, frozenset(keys.values()), frozenset(asked))


def _tell(lines: Sequence[str], problems: Sequence[str]) -> None:
    if lines or not problems:
        print("\n".join(lines) or "locks are up to date")
    for problem in problems:
        print(problem, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.lock", description=__doc__
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="name in a stack, or model_id")
    parser.add_argument("--stack", help="only this stack")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if it moved")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
