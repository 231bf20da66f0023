"""What the running Pulumi program knows of its stack, machine and mode."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_directory
from pulumi.runtime.settings import get_monitor, get_root_resource

from baseten_tei.baseten.emulator import require_emulator
from baseten_tei.baseten.emulator_hub import teach_lock
from baseten_tei.baseten.target import BASETEN, NO_TARGET, Target, find_api_key, parse_target
from baseten_tei.deployment.ownership import Owner
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.program.provider_plugin import require_provider
from baseten_tei.project import generated_files
from baseten_tei.project.left_behind import left_behind
from baseten_tei.push.truss_version import truss_version_problem
from baseten_tei.rules.secrets.passphrase import PUBLIC, is_guessable, read_passphrase

_T = TypeVar("_T")


class _Outside:
    """Stands for the program of a process that runs none."""


_OUTSIDE = _Outside()


def once_in_a_program(make: Callable[[], _T]) -> Callable[[], _T]:
    """Return a function that calls `make` once in each program.

    A process may run several, one after the other, each with a resource monitor of its own: the Automation API
    does, and so do unit tests.
    """
    made: WeakKeyDictionary[Any, _T] = WeakKeyDictionary()

    @wraps(make)
    def take() -> _T:
        program = _OUTSIDE if get_root_resource() is None else get_monitor()
        if program not in made:
            made[program] = make()
        return made[program]

    return take


@dataclass(frozen=True)
class Context:
    """A stack's owner labels, its Baseten, the project's folder, and whether this is only a preview."""

    owner: Owner
    target_name: str
    target: Target
    root: Path
    lock: Lock
    preview: bool
    in_ci: bool
    guessable_passphrase: bool = False
    """Whether everyone knows the passphrase that encrypts the stack's secrets."""


@once_in_a_program
def context() -> Context:
    """Read once per program. Raises `UserError` where this machine cannot do what the stack wants."""
    given = pulumi.Config("baseten").get("target")
    target = parse_target(given, os.environ.get("BASETEN_EMULATOR_PORT"))
    preview = pulumi.runtime.is_dry_run()
    if target.embedded:
        require_emulator()
    if problem := truss_version_problem(_truss_version()):
        raise UserError(problem)
    phrase = read_passphrase(os.environ, lambda path: Path(path).read_text(encoding="utf-8"))
    if not target.loopback and phrase is not None and phrase.strip() == PUBLIC:
        raise UserError(
            "this stack's secrets would be encrypted with the dev stack's public passphrase: type "
            "export PULUMI_CONFIG_PASSPHRASE_FILE=<a file with your own>, and make the stack again"
        )
    if not preview:
        _require_api_key(given, target)
    root = Path(get_root_directory() or ".")
    require_provider(root)
    if warning := left_behind(root, pulumi.get_stack()):
        pulumi.log.warn(warning)
    lock = generated_files.locked_facts(root, pulumi.get_stack())
    if not preview:
        teach_lock(target, lock.values(), root)
    return Context(
        owner=Owner(pulumi.get_project(), pulumi.get_stack()),
        target_name=given or BASETEN,
        target=target,
        root=root,
        lock=lock,
        preview=preview,
        in_ci=os.environ.get("CI", "").lower() not in ("", "0", "false"),
        guessable_passphrase=is_guessable(phrase),
    )


def _require_api_key(given: str | None, target: Target) -> None:
    """Raise `UserError` without a key, also for who does not know that it is Baseten that wants one."""
    try:
        find_api_key(target, os.environ)
    except UserError as error:
        raise UserError(*error.problems, *([] if given else [NO_TARGET])) from error


def _truss_version() -> str | None:
    """From the package's metadata: importing truss takes a second and more."""
    try:
        return metadata.version("truss")
    except metadata.PackageNotFoundError:
        return None
