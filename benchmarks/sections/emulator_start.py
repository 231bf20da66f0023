"""From starting the emulator's process to its first answer to an API call."""

from collections.abc import Iterator
from pathlib import Path

from tests.support.harness import running_emulator

from benchmarks.measure.timing import Figure, measure_seconds

AIM = 0.5
TIMES, QUICK_TIMES = 10, 3


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield one figure; the state is on disk, as with the dev stack."""
    times = QUICK_TIMES if quick else TIMES
    print(f"== emulator: start to first answer, {times} times", flush=True)
    _start_and_stop(folder / "warm-up")  # its modules are compiled now
    taken = tuple(_first_answer(folder / f"state-{n}") for n in range(times))
    yield Figure("emulator", "emulator, start to first answer", "", taken, aim=AIM)


def _first_answer(state: Path) -> float:
    starting = running_emulator(state)
    try:
        return measure_seconds(lambda: starting.__enter__().models())
    finally:
        starting.__exit__(None, None, None)


def _start_and_stop(state: Path) -> None:
    with running_emulator(state) as emulator:
        emulator.models()
