"""`status` of a large fleet: nothing to do, told without the engine, and what it takes the first time."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.support.harness import Stack, running_emulator

from benchmarks.measure.timing import Figure, seconds
from benchmarks.worlds.fleet import lock, locked_fleet
from benchmarks.worlds.grown import TEMPLATE, grow

AIM = 0.3
MODELS, QUICK_MODELS = 1000, 20
TIMES, EDITS = 15, 3


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Seconds of the whole command, Python's start included."""
    models = QUICK_MODELS if quick else MODELS
    print(f"== status of {models} models, {TIMES} times", flush=True)
    state = folder / "emulator"
    with running_emulator(state) as emulator:
        stack = Stack(folder / "stack", emulator.url)
        stack.environment["XDG_CACHE_HOME"] = str(folder / "cache")
        lock(stack)
        stack.configure(locked_fleet(TEMPLATE))
        stack.up().check()
        grow(stack, state, models)
    status(stack, models)  # Python compiles what it imports
    first = tuple(_after_an_edit(stack, models) for _ in range(EDITS))
    again = tuple(seconds(partial(status, stack, models)) for _ in range(TIMES))
    start = tuple(
        seconds(partial(_python, "import baseten_tei.commands.status")) for _ in range(TIMES)
    )
    what = f"status, {models} models: nothing to do"
    yield Figure("status", what, "", again, aim=AIM)
    yield Figure("status", "of that, Python and imports", "", start)
    yield Figure("status", f"{what}, after an edit", "", first)


def status(stack: Stack, models: int) -> None:
    """The command. Raises `RuntimeError` where it says anything but that nothing is to do."""
    command = [sys.executable, "-m", "baseten_tei", "status", "--stack", stack.name]
    ended = subprocess.run(
        command, cwd=stack.folder, env=stack.env(), capture_output=True, text=True, check=False
    )
    if ended.stdout != f"{stack.name}: {models} models, nothing to do\n":
        raise RuntimeError(
            f"status said something else: {ended.stdout[-500:]}{ended.stderr[-500:]}"
        )


def _after_an_edit(stack: Stack, models: int) -> float:
    """Another blank line in the configuration means nothing, and that is what has to be found out."""
    path = stack.folder / f"Pulumi.{stack.name}.yaml"
    path.write_text(f"{path.read_text()}\n")
    return seconds(partial(status, stack, models))


def _python(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True)
