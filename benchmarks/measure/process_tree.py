"""How long a command takes and how much memory it holds, with all the processes that it starts.

Memory is read from /proc a few times a second: what a process holds alone, and its share of what it holds with others
(PSS). On a system without /proc it is 0.
"""

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EVERY_SECONDS = 0.2
PROC = Path("/proc")
PARENT = 1
"""Field of /proc/PID/stat, counted after the command's name."""


@dataclass(frozen=True)
class Usage:
    """Seconds on the wall's clock; the most MiB of all together, of the command itself, and of one that it started."""

    seconds: float
    tree_mib: float
    own_mib: float
    child_mib: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[Usage, str]:
    """Run to the end: what it took, and what it printed. Raises `RuntimeError` where it fails."""
    output = folder / "output.txt"
    with output.open("w") as file:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        with _watched(process.pid) as memory:
            process.wait()
            took = time.perf_counter() - start
    told = output.read_text()
    output.unlink()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {told[-2000:]}")
    return Usage(took, memory.tree, memory.own, memory.child), told


@dataclass
class _Memory:
    """The most so far, in MiB."""

    tree: float = 0.0
    own: float = 0.0
    child: float = 0.0

    def look(self, root: int) -> None:
        held = {pid: _mib(pid) for pid in _tree(root)}
        self.tree, self.own = max(self.tree, sum(held.values())), max(self.own, held.pop(root))
        self.child = max([self.child, *held.values()])


@contextmanager
def _watched(root: int) -> Iterator[_Memory]:
    """Look from a thread beside, so that the end of the command is noticed when it comes."""
    memory, ended = _Memory(), threading.Event()

    def watch() -> None:
        while not ended.is_set():
            memory.look(root)
            ended.wait(EVERY_SECONDS)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()


def _tree(root: int) -> list[int]:
    """A process, and each that descends from it."""
    parents = dict(_parents())
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in PROC.glob("[0-9]*"):
        if stat := _read(folder / "stat"):
            yield int(folder.name), int(stat.rpartition(")")[2].split()[PARENT])


def _mib(pid: int) -> float:
    for line in _read(PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _read(file: Path) -> str:
    """Its text; nothing where the process has ended."""
    try:
        return file.read_text()
    except OSError:
        return ""
