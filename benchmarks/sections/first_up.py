"""The first `up` of a fleet against a shell loop of `truss push` over the same generated configs.

The loop publishes and goes; `up` also waits for each deployment, asks its router what it serves, promotes
it, sets how it scales and tells its URLs. Both run the same truss CLI in the same environment.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.harness import API_KEY, Emulator, Stack, running_emulator

from baseten_tei.baseten.target import parse_target
from baseten_tei.commands.generate import write
from baseten_tei.push.truss_cli import prepare_home, push_environment
from benchmarks.measure.timing import Figure, measure_pairs
from benchmarks.worlds.fleet import make_fleet

AIM = 0.35
SIZE, PAIRS = 20, 3
QUICK_SIZE, QUICK_PAIRS = 2, 1
PARALLEL = "32"
"""As in `make demo`: a release that waits holds one of the engine's operations."""
TIMEOUT_SECONDS = 600

LOOP = """
for folder in truss_configs/*/*; do
  truss push "$folder" --no-wait --non-interactive --output json || exit 1
done
"""


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield one figure; each run starts with an empty emulator, each `up` also with an empty stack."""
    size, count = (QUICK_SIZE, QUICK_PAIRS) if quick else (SIZE, PAIRS)
    print(f"== first up of {size} models: ours, a shell loop of truss push", flush=True)
    with running_emulator() as emulator:
        fleets = [Fleet(folder / f"run-{n}", emulator, size) for n in range(count)]
        ups, loops = iter(fleets), iter(fleets)
        mine, others = measure_pairs(lambda: next(ups).up(), lambda: next(loops).loop(), count)
    what = f"first up, {size} models"
    yield Figure("first up", what, "shell loop of truss push", mine, others, AIM)


class Fleet:
    """A stack that was never brought up, its generated configs, and a HOME for the loop."""

    def __init__(self, folder: Path, emulator: Emulator, size: int) -> None:
        self._emulator = emulator
        self._size = size
        self._stack = Stack(folder / "stack", emulator.url)
        self._stack.configure(make_fleet(size))
        write(self._stack.folder)  # as `baseten-tei generate` does: both then find the same files
        self._home = folder / "home"
        prepare_home(self._home)

    def up(self) -> None:
        """Run `pulumi up` until every model serves."""
        self._emulator.admin("POST", "reset")
        arguments = ("--yes", "--skip-preview", "--parallel", PARALLEL, "--stack", self._stack.name)
        self._stack.pulumi("up", *arguments).check()
        self._all_pushed()

    def loop(self) -> None:
        """Run the shell loop until every push has returned."""
        self._emulator.admin("POST", "reset")
        target = parse_target(self._emulator.url)
        environment = push_environment(os.environ, target, API_KEY, self._home)
        ended = subprocess.run(
            ["bash", "-c", LOOP], cwd=self._stack.folder, env=environment, check=False,
            capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
        )  # fmt: skip
        if ended.returncode:
            raise RuntimeError(f"the loop of truss push failed: {ended.stderr[-500:]}")
        self._all_pushed()

    def _all_pushed(self) -> None:
        pushed = self._emulator.pushes()
        if pushed != self._size:
            raise RuntimeError(
                f"{pushed} of {self._size} models were pushed: the times mean nothing"
            )
