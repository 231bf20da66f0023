"""Consumers that search all the time, each a process of its own (searchers.py), and what became of their searches."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.harness import ROOT

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
"""A consumer shares the machine with what it measures, and nothing is fetched."""
SECONDS_TO_END = 330
"""More than a search may take."""


@dataclass(frozen=True)
class Verdict:
    """A search: when it was sent, its milliseconds, and what was wrong, if anything."""

    sent: float
    milliseconds: float
    wrong: str | None


@dataclass
class Consumers:
    """Those that search now, by name."""

    model: str
    folder: Path
    environment: Mapping[str, str]
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def start(self, who: str, space: str, index: str, rate: float) -> None:
        """Start one that searches an index of a space; it searches when this returns."""
        files = {
            "--outputs": "outputs.json", "--index": index, "--truth": f"truth-{space}.json",
            "--into": f"searches-{who}.jsonl",
        }  # fmt: skip
        options = [it for name, file in files.items() for it in (name, str(self.folder / file))]
        command = [sys.executable, "-m", "benchmarks.worlds.searchers", self.model, *options]
        self._running[who] = subprocess.Popen(
            [*command, "--rate", str(rate)], cwd=ROOT, env={**self.environment, **ONE_THREAD}, text=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        said = self._running[who].stdout
        if not said or not said.readline():
            raise RuntimeError(f"{who} does not search")

    def stop(self, who: str) -> None:
        """End one, after the searches that are under way. Raises `RuntimeError` if it failed."""
        consumer = self._running.pop(who)
        consumer.terminate()
        if code := consumer.wait(timeout=SECONDS_TO_END):
            raise RuntimeError(f"{who} ended with {code}")

    def kill(self) -> None:
        """End those that are left when something failed."""
        for consumer in self._running.values():
            consumer.kill()
            consumer.wait()

    def verdicts(self) -> list[Verdict]:
        """Return every search of every consumer."""
        return [
            Verdict(*json.loads(line))
            for path in sorted(self.folder.glob("searches-*.jsonl"))
            for line in path.read_text().splitlines()
        ]
