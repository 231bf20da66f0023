"""`baseten-tei lock`: what the Hugging Face Hub says of the models, into `locks/<stack>.yaml`."""

import datetime
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

from baseten_tei.commands.shared.options import on_stacks
from baseten_tei.commands.shared.progress import progress
from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.hub_client import Hub, HubUnreachableError
from baseten_tei.facts.hub.lock_changes import (
    LockedStack,
    Readings,
    exit_code,
    list_moves,
    list_problems,
    merge_entries,
)
from baseten_tei.facts.hub.lockfile import FOLDER, Key, render_lock
from baseten_tei.facts.network.bounds import LateError, call_within
from baseten_tei.project import generated_files
from baseten_tei.project.selection import stack_files
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import wanted_stacks
from baseten_tei.project.unlocked_pushes import find_unlocked_pushes
from baseten_tei.rules.settings import Settings

MODEL_SECONDS = 300.0
"""For all answers about one model."""
READERS = 8
"""Models read at once: each is some eight small requests, one after another."""


def select_stacks(root: Path, stacks: Sequence[str], names: Sequence[str]) -> list[LockedStack]:
    """Return the stacks to lock. Raises `UserError` for a model that is not there."""
    wanted = {it.name: it.settings for it in wanted_stacks(root, stacks, locked=False)}
    models = [pair for settings in wanted.values() for pair in settings.models.items()]
    known = {word for name, args in models for word in (name, args.model_id)}
    if unknown := [name for name in names if name not in known]:
        raise UserError(*(f"no stack has a model {n!r}.{did_you_mean(n, known)}" for n in unknown))
    return [_lock_stack(root, name, settings, names) for name, settings in wanted.items()]


def read(hub: Hub, keys: Sequence[Key]) -> Readings:
    """Return what the Hub says today of each."""
    readings = Readings()
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    with progress("models read", len(keys)) as advance, ThreadPoolExecutor(READERS) as pool:
        for key, _ in zip(keys, pool.map(partial(_read, hub, day, readings), keys), strict=True):
            advance(key[0])
    return readings


def write(root: Path, found: Iterable[LockedStack], readings: Readings) -> list[str]:
    """Bring the lock files up to date: what was written or removed."""
    lines = []
    for stack in found:
        kept = merge_entries(stack, readings)
        if kept and generated_files.write_if_changed(root / stack.file, render_lock(kept)):
            lines.append(f"wrote {stack.file}")
        elif stack.locked and not kept:
            generated_files.remove(root / stack.file)
            lines.append(f"removed {stack.file}")
    return lines


def find_orphans(root: Path, found: Iterable[LockedStack], *, remove: bool) -> list[str]:
    """Lock files whose stack is gone, a line each."""
    wanted = {root / stack.file for stack in found}
    gone = sorted(set((root / FOLDER).glob("*.yaml")) - wanted)
    for path in gone if remove else ():
        generated_files.remove(path)
    return [f"{path.relative_to(root)} belongs to no stack" for path in gone]


def _read(hub: Hub, day: str, readings: Readings, key: Key) -> None:
    try:
        repository = call_within(MODEL_SECONDS, partial(hub.read, *key, day))
        readings.facts[key] = read_facts(repository)
        readings.changes[key] = repository.changed_at
    except UserError as error:
        readings.refused[key] = str(error)
    except HubUnreachableError as error:
        readings.unreachable[key] = str(error)
    except LateError as error:
        readings.unreachable[key] = f"{hub.host}: {error}"


def _lock_stack(root: Path, name: str, settings: Settings, names: Sequence[str]) -> LockedStack:
    file = f"{FOLDER}/{name}.yaml"
    keys = {n: (args.model_id, args.revision) for n, args in settings.models.items()}
    asked = [key for n, key in keys.items() if not names or n in names or key[0] in names]
    locked = generated_files.locked_facts(root, name)
    models = {n: args for n, args in settings.models.items() if keys[n] in asked}
    emulated = Workspace(root, name).target.loopback
    pushes = find_unlocked_pushes(root, name, models, locked, emulated)
    return LockedStack(file, locked, frozenset(keys.values()), frozenset(asked), pushes)


def _tell(lines: Sequence[str], problems: Sequence[str]) -> None:
    if lines or not problems:
        click.echo("\n".join(lines) or "locks are up to date")
    for problem in problems:
        click.echo(problem, err=True)


@click.command(name="lock")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if the Hub says something else."
)
@on_stacks
def command(root: Path, stacks: tuple[str, ...], models: tuple[str, ...], check: bool) -> int:
    """Lock what the Hugging Face Hub says of the models, so that previews check them offline.

    MODEL is a name in a stack, or a model_id; without one, all models. Writes locks/<stack>.yaml, prints each field
    that changed, and removes what no model uses. Exits with 2 where a repository could not be read.
    """
    found = select_stacks(root, stacks, models)
    readings = read(Hub.from_environment(), sorted({k for stack in found for k in stack.asked}))
    lines = [line for stack in found for line in list_moves(stack, readings)]
    if not check:
        lines += write(root, found, readings)
    if set(stacks) == {*stack_files(root)}:
        lines += find_orphans(root, found, remove=not check)
    _tell(lines, list_problems(readings))
    return exit_code(readings, check and bool(lines))
