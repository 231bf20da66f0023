"""A stack whose embedding model is replaced by another one, under searches: what its team types, step by step."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml
from tests.support.harness import DEV_STACK, Emulator, Stack

from benchmarks.worlds.consumers import Consumers
from benchmarks.worlds.filled_index import TABLE, read_ids
from benchmarks.worlds.notes import query_of, write_notes
from benchmarks.worlds.service import NEW_FILE, OLD_FILE, Service
from benchmarks.worlds.truth import Truth

NAME = "bge"
NEXT: Mapping[str, Any] = {
    "model_id": "intfloat/e5-base-v2",
    "prompts": {"query": "query: ", "document": "passage: "},
}
"""A model of as many dimensions, so that only its vectors tell it apart, and with prompts."""
OLD, NEW = "old", "new"
"""The two spaces."""
ROWS = ("--from", "notes.jsonl", "--text", "passage")
PAYLOAD = ("--payload", "topic", "--payload", "title", "--payload", "text")
CHUNK = 128
"""Rows that are written at once: so few that kills meet the command at work."""
QUERIES = 100
READS = {"GET", "HEAD"}


@dataclass
class Replacement:
    """The stack, its notes and their two indexes, and who searches them."""

    stack: Stack
    emulator: Emulator
    size: int
    phases: list[tuple[str, float, float]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    """What was changed on Baseten while models only changed places; there must be nothing."""

    def __post_init__(self) -> None:
        self.folder = self.stack.folder
        self.service = Service(self.folder, self.stack.env())
        self.consumers = Consumers(NAME, self.folder, self.stack.env())

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Note when a step began and ended."""
        began = time.time()
        print(f"    {name} …", flush=True)
        yield
        self.phases.append((name, began, time.time()))

    def begin(self, models: Mapping[str, Any]) -> None:
        """Bring the stack up with the model that is there before, and fill its index."""
        self.stack.configure(models)
        _write_lock(self.stack)
        write_notes(self.folder / "notes.jsonl", self.size)
        self._bring_up()
        self.old_space = self.outputs()["models"][NAME]["space"]
        self._keep_truth(OLD, "current", "")
        _wait_for(self._start_backfill(NAME, OLD_FILE))
        self.service.start()

    def end(self) -> None:
        """End the service, and the consumers that are left when something failed."""
        self.consumers.kill()
        self.service.end()

    def add_next(self) -> None:
        """Write `next` into the spec, bring it up, and ask the new model what its vectors are."""
        self._edit(lambda spec: {**spec, "next": dict(NEXT)})
        self._bring_up()
        new = self._keep_truth(NEW, "next", NEXT["prompts"]["query"])
        new.require_other_than(Truth.read(self.folder / f"truth-{OLD}.json"))

    def fill_next(self, kills: int) -> None:
        """Fill an index of the next model; the command is killed so many times, and started again.

        Raises `RuntimeError` if a kill did not meet it at work, or not every note is there once.
        """
        for number in range(kills):
            backfill = self._start_backfill(f"{NAME}.next", NEW_FILE)
            wanted = self.size * (number + 1) // (kills + 1)
            while backfill.poll() is None and len(read_ids(self.folder / NEW_FILE)) < wanted:
                time.sleep(0.02)
            if backfill.poll() is not None:
                raise RuntimeError(
                    f"the backfill ended before it was killed: {_wait_for(backfill)}"
                )
            backfill.kill()
            backfill.communicate()
        _wait_for(self._start_backfill(f"{NAME}.next", NEW_FILE))
        ids = read_ids(self.folder / NEW_FILE)
        if sorted(ids) != sorted(f"note-{number}" for number in range(self.size)):
            raise RuntimeError(
                f"{len(ids)} rows, {len(set(ids))} of them different, of {self.size} notes"
            )

    def verify(self) -> None:
        """`space verify`, which reads both indexes; `advance` needs what it records."""
        numbers = range(0, self.size, max(1, self.size // QUERIES))
        (self.folder / "queries.txt").write_text("".join(f"{query_of(it)}\n" for it in numbers))
        stores = ("--old", _store(OLD_FILE), "--new", _store(NEW_FILE))
        self._run("space", "verify", NAME, *ROWS, *stores, "--queries", "queries.txt")

    def move(self, where: str) -> None:
        """`space advance` or `space back`, and `pulumi up`, which may change nothing on Baseten."""
        self._run("space", where, NAME, "--yes")
        self.emulator.forget_calls()
        self._bring_up()
        self.writes += [
            f"{it['method']} {it['path']}"
            for it in self.emulator.calls()
            if it["method"] not in READS and it["path"].startswith(("/v1/", "/graphql"))
        ]

    def drop_previous(self) -> None:
        """Remove `previous` from the spec, which deletes the old model."""
        self._edit(lambda spec: {key: it for key, it in spec.items() if key != "previous"})
        self._bring_up()

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs as the consumers read them."""
        return dict(json.loads((self.folder / "outputs.json").read_text()))

    def _bring_up(self) -> None:
        """`pulumi up`; the outputs come into place whole, as a deploy of the consumers brings them."""
        self.stack.up().check()
        new = self.folder / "outputs.json.new"
        new.write_text(json.dumps(self.stack.outputs()))
        new.replace(self.folder / "outputs.json")
        self.service.configure(self.outputs())

    def _edit(self, change: Any) -> None:
        path = self.folder / f"Pulumi.{self.stack.name}.yaml"
        told = yaml.safe_load(path.read_text())
        models = told["config"]["baseten-tei:models"]
        models[NAME] = change(models[NAME])
        path.write_text(yaml.safe_dump(told))

    def _run(self, *words: str) -> None:
        """Run a command of baseten-tei to its end. Raises `RuntimeError` if it fails."""
        _wait_for(self._start(words))

    def _start_backfill(self, model: str, index: str) -> subprocess.Popen[str]:
        """Start the command that fills an index; the same one goes on after a kill."""
        options = (*ROWS, *PAYLOAD, "--to", _store(index), "--chunk", str(CHUNK), "--yes")
        return self._start(("backfill", model, *options))

    def _start(self, words: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "baseten_tei", *words, "--stack", self.stack.name],
            cwd=self.folder, env=self.stack.env(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _keep_truth(self, space: str, role: str, prompt: str) -> Truth:
        told = self.outputs()["models"][NAME]
        served = (told.get("spaces") or {"current": told})[role]
        truth = Truth.ask(served, prompt, self.size)
        truth.write(self.folder / f"truth-{space}.json")
        return truth


def _store(index: str) -> str:
    return f"sqlite-vec:{index}/{TABLE}"


def _wait_for(command: "subprocess.Popen[str]") -> str:
    """Return what a command printed. Raises `RuntimeError` if it failed."""
    told, _ = command.communicate()
    if command.returncode:
        raise RuntimeError(f"a command failed: {told}")
    return told


def _write_lock(stack: Stack) -> None:
    """Write the dev stack's lock file, and an entry for the model that is to follow, a BERT of the same sizes."""
    told = yaml.safe_load((DEV_STACK / "locks" / "dev.yaml").read_text())
    [bert] = [it for it in told["models"] if it["model_id"] == "BAAI/bge-base-en-v1.5"]
    following = {
        **bert, "model_id": NEXT["model_id"], "revision": "main", "commit": "0" * 39 + "2",
        "source": "written for this run, after bge-base-en-v1.5", "pooling": {"modes": ["mean"]},
    }  # fmt: skip
    del following["name_or_path"]
    file = stack.folder / "locks" / f"{stack.name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"models": [*told["models"], following]}, sort_keys=False))
