"""Measures time and memory of a command with all the processes that it starts.

Memory is PSS (a process's own and its share of what it shares), read from /proc a few times a second; 0 without /proc.
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
    """Seconds of real time; the most MiB of the whole tree, of the command itself, and of one child."""

    seconds: float
    tree_mib: float
    own_mib: float
    child_mib: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[Usage, str]:
    """Run a command; return what it took and what it printed. Raises `RuntimeError` if it fails."""
    output = folder / "output.txt"
    with output.open("w") as file:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        with _watch_memory(process.pid) as memory:
            process.wait()
            took = time.perf_counter() - start
    printed = output.read_text()
    output.unlink()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {printed[-2000:]}")
    return Usage(took, memory.tree, memory.own, memory.child), printed


@dataclass
class _Memory:
    """The most MiB so far."""

    tree: float = 0.0
    own: float = 0.0
    child: float = 0.0

    def look(self, root: int) -> None:
        held = {pid: read_mib(pid) for pid in _list_tree(root)}
        self.tree, self.own = max(self.tree, sum(held.values())), max(self.own, held.pop(root))
        self.child = max([self.child, *held.values()])


@contextmanager
def _watch_memory(root: int) -> Iterator[_Memory]:
    """Read the memory in another thread, so that the end of the command is noticed at once."""
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


def _list_tree(root: int) -> list[int]:
    """Return a process and all its descendants."""
    parents = dict(_read_parents())
    tree = [root]
    for pid in tree:
        tree += [child for child, parent in parents.items() if parent == pid]
    return tree


def _read_parents() -> Iterator[tuple[int, int]]:
    for folder in PROC.glob("[0-9]*"):
        if stat := _read(folder / "stat"):
            yield int(folder.name), int(stat.rpartition(")")[2].split()[PARENT])


def read_mib(pid: int) -> float:
    """Return the PSS of one process; 0 if it has ended, or without /proc."""
    for line in _read(PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _read(file: Path) -> str:
    """Return the file's text; empty if the process has ended."""
    try:
        return file.read_text()
    except OSError:
        return ""
