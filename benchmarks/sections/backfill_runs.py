"""Runs of benchmarks/backfill/job.py against one emulator."""

import json
import os
import random
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.client.stack import ClientStack
from tests.support.harness import API_KEY, ROOT, Emulator

from benchmarks.measure.memory_series import run
from benchmarks.measure.watching import WatchError
from benchmarks.sections.client_jobs import LIMITS, NAME, REPO

ENVIRONMENT = "benchmarks/backfill"
JOB = ROOT / ENVIRONMENT / "job.py"
PYTHON = ROOT / ".venv-backfill" / "bin" / "python"


@dataclass(frozen=True)
class Taken:
    """One run: its seconds, its memory, and where it wrote."""

    seconds: float
    quarters: list[float]
    folder: Path


class Runs:
    """Runs in a folder; each begins with an empty store."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        subprocess.run([ROOT / "scripts/venv-of.sh", ENVIRONMENT, "clients/python"], check=True)
        self._folder, self._outputs = folder, folder / "outputs.json"
        stack = ClientStack(emulator)
        stack.put(NAME, "embedding", REPO, **LIMITS)
        stack.wait()
        self._outputs.write_text(json.dumps(stack.outputs))
        self._emulator = emulator
        self._environment = {**os.environ, "BASETEN_API_KEY": API_KEY}

    def make_source(self, rows: int) -> Path:
        """Return a Parquet file of so many short texts."""
        file = self._folder / f"{rows}.parquet"
        subprocess.run([PYTHON, JOB, "make", str(rows), file], check=True)
        return file

    def take(self, who: str, source: Path) -> Taken:
        """Fill an empty store by `ours` or by the `straight` loop."""
        store = self._folder / who
        for old in self._folder.glob(f"{who}*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        return self.finish(source, store, who)

    def finish(self, source: Path, store: Path, who: str = "ours") -> Taken:
        """Fill a store to its end, whatever it holds."""
        self._emulator.forget_calls()
        used = self._processor_seconds()
        watched = run(self._command(who, source, store), self._environment)
        used = self._processor_seconds() - used
        told = json.loads(watched.printed)
        taken = Taken(told["seconds"], watched.quarters, store)
        print(
            f"    {who}: {told['rows']:,} rows in {taken.seconds:.1f} s, {told['rows'] / taken.seconds:,.0f} a second; "
            f"processor {told['processor']:.1f} s, the emulator's {used:.1f} s; MiB by quarter "
            f"{' '.join(f'{it:.0f}' for it in taken.quarters)}",
            flush=True,
        )
        return taken

    def kill_often(self, name: str, source: Path, times: int, seconds: float) -> Path:
        """Start a run so often and end it by SIGKILL, at moments that add up to about one whole run."""
        chance, store = random.Random(19), self._folder / name  # noqa: S311  # moments, no secrets
        for _ in range(times):
            process = subprocess.Popen(
                self._command("ours", source, store), env=self._environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(chance.random() * 2 * seconds / times)
            process.kill()
            process.wait()
        return store

    def check(self, source: Path, store: Path) -> None:
        """Raise `WatchError` unless each row of the source is there once, with the vector of its text."""
        done = subprocess.run(
            [PYTHON, JOB, "check", source, store, self._outputs],
            env=self._environment, text=True, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise WatchError(f"{store.name}: {done.stderr[-500:]}")
        print(f"    {done.stdout.strip()}", flush=True)

    def _command(self, who: str, source: Path, store: Path) -> list[str]:
        return [str(PYTHON), str(JOB), who, str(source), str(store), str(self._outputs)]

    def _processor_seconds(self) -> float:
        """Return what the emulator has used so far; 0 without /proc."""
        try:
            stat = Path(f"/proc/{self._emulator.process.pid}/stat").read_text()
        except OSError:
            return 0.0
        ticks = stat.rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
