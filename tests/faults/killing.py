"""Killing a `pulumi`, and looking for what outlives it: all that it starts is known by its TMPDIR."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.worlds import World, start_pulumi

SIGNALS = {"-9": signal.SIGKILL, "HUP": signal.SIGHUP, "TERM": signal.SIGTERM}
WHOM = {"engine": os.kill, "group": os.killpg}
ALIVE_SECONDS = 15.0
"""Within which everything of ours ends after whoever started it. Most of it takes one."""
OFFICIAL = ("pulumi", "pulumi-language-python", "pulumi-resource-command")
"""Programs that are not ours: the language host lives on for minutes, the Command plugin for more than an hour."""


@dataclass(frozen=True)
class Killing:
    """The `up` of a scene dies of a signal, to its engine or to that one's group, around its n-th call, from 0."""

    scene: str
    number: int
    when: str
    signal: str
    whom: str

    def __str__(self) -> str:
        return f"{self.signal} to the {self.whom}, {self.scene}, {self.when} call {self.number}"

    def strike(self, running: subprocess.Popen[str]) -> None:
        """Send it, unless the `up` has ended by itself."""
        if running.poll() is None:
            WHOM[self.whom](running.pid, SIGNALS[self.signal])


def random_killings(count: int, calls: int, seed: int) -> list[Killing]:
    """As many of them; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # a sample, not a secret
    return [
        Killing(
            chance.choice(["empty", "serving"]),
            chance.randrange(calls),
            chance.choice(["before", "after"]),
            chance.choice(list(SIGNALS)),
            chance.choice(list(WHOM)),
        )
        for _ in range(count)
    ]


def start_with_mark(world: World, *arguments: str) -> subprocess.Popen[str]:
    """A `pulumi` whose processes are known, and whose temporary files are in a folder of its own."""
    temporary_of(world).mkdir(exist_ok=True)
    return start_pulumi(world.stack, *arguments, TMPDIR=str(temporary_of(world)))


def temporary_of(world: World) -> Path:
    return world.stack.folder / "tmp"


def left_running(temporary: Path) -> dict[int, str]:
    """Processes of ours whose TMPDIR is this or below, with their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"TMPDIR={temporary}".encode() in (process / "environ").read_bytes()
            if marked and (process / "exe").readlink().name not in OFFICIAL:
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        except OSError:  # ended meanwhile, or another user's
            continue
    return found


def left_folders(temporary: Path) -> list[str]:
    """What lies there, but for the folder of locks and sockets, whose locks stay, and whose sockets do not."""
    locks = temporary / f"baseten-tei-{os.getuid()}"
    others = [it.name for it in temporary.glob("*") if it != locks]
    return others + [it.name for it in locks.glob("push-*") if it.is_socket()]


def until(true: Callable[[], bool], seconds: float = ALIVE_SECONDS) -> bool:
    """Whether it comes true within the bound."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def assert_nothing_lives(temporary: Path) -> None:
    """No process of ours and no temporary folder is there within the bound."""
    until(lambda: not left_running(temporary) and not left_folders(temporary))
    assert left_running(temporary) == {}
    assert left_folders(temporary) == []
