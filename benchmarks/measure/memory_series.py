"""Runs a program and watches the memory of its process over time."""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measure.process_tree import read_mib

EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Watched:
    """What a program printed, and its MiB (PSS) every half second."""

    printed: str
    series: Sequence[float]

    @property
    def quarters(self) -> list[float]:
        """Return the most MiB of each quarter of the time."""
        size = max(1, len(self.series) // 4)
        return [max(self.series[n * size : (n + 1) * size] or [0.0]) for n in range(4)]


def run(command: Sequence[str], environment: Mapping[str, str]) -> Watched:
    """Run a program to its end. Raises `RuntimeError` if it fails."""
    series: list[float] = []
    ended = threading.Event()
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        thread = threading.Thread(target=_watch, args=(process.pid, series, ended))
        thread.start()
        printed, errors = process.communicate()
        ended.set()
        thread.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {errors[-2000:]}")
    return Watched(printed, series)


def _watch(pid: int, series: list[float], ended: threading.Event) -> None:
    while not ended.wait(EVERY_SECONDS):
        if mib := read_mib(pid):
            series.append(mib)
