"""A stack whose embedding model is replaced by another one, under searches: what its team types, step by step."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import requests
import sqlite_vec
import yaml
from tests.support.harness import API_KEY, DEV_STACK, ROOT, Emulator, Stack

from benchmarks.worlds.notes import query_of, write_notes
from benchmarks.worlds.searchers import Truth
from benchmarks.worlds.service import Service

NAME = "bge"
NEXT: Mapping[str, Any] = {
    "model_id": "intfloat/e5-base-v2",
    "prompts": {"query": "query: ", "document": "passage: "},
}
"""A model of as many dimensions, so that only its vectors tell it apart, and with prompts."""
OLD_SPACE, NEW_SPACE = "old", "new"
OLD, NEW = "index.db", "next.db"
"""The indexes as they are called until the service switches, which exchanges their names."""
READS = {"GET", "HEAD"}
MOST_QUERIES = 400
CHUNK = 128
"""Rows that are written at once: so few that kills meet the command at work."""
WAIT_SECONDS = 600


@dataclass
class Verdict:
    """A search: when it was sent, its milliseconds, and what was wrong."""

    sent: float
    milliseconds: float
    wrong: str | None


@dataclass
class Replacement:
    """The stack, its notes, its two indexes, and who searches."""

    stack: Stack
    emulator: Emulator
    size: int
    rate: float
    phases: list[tuple[str, float, float]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    """What was changed on Baseten where a model only changed its place; there must be none."""
    _searchers: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.service = Service(self.folder, self.stack.env())

    @property
    def folder(self) -> Path:
        """Return the folder of the stack and of everything here."""
        return self.stack.folder

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Note when a step of the change began and ended."""
        began = time.time()
        print(f"    {name} …", flush=True)
        yield
        self.phases.append((name, began, time.time()))

    def begin(self, models: Mapping[str, Any]) -> None:
        """Bring the stack up with the model that is there before, and fill its index."""
        self.stack.configure(models)
        write_lock(self.stack)
        write_notes(self.folder / "notes.jsonl", self.size)
        self.up()
        self._keep_truth("current", "", OLD_SPACE)
        self.wait_for(self.start_backfill(NAME, OLD))

    def up(self) -> None:
        """`pulumi up`; the outputs come into place whole, as a deploy of consumers would bring them."""
        self.stack.up().check()
        told = self.stack.pulumi("stack", "output", "--json", "--stack", self.stack.name).check()
        new = self.folder / "outputs.json.new"
        new.write_text(told.stdout)
        new.replace(self.folder / "outputs.json")
        self.service.configure(told.stdout)

    def add_next(self) -> None:
        """Write `next` into the spec, bring it up, and ask the new model what its vectors are."""
        self.edit(lambda spec: {**spec, "next": dict(NEXT)})
        self.up()
        self._keep_truth("next", NEXT["prompts"]["query"], NEW_SPACE)
        self._check_that_spaces_differ()

    def move(self, where: str) -> None:
        """`space advance` or `space back`, and `pulumi up`, which may change nothing on Baseten."""
        self.run("space", where, NAME, "--yes")
        self.emulator.forget_calls()
        self.up()
        self.writes += [
            f"{it['method']} {it['path']}"
            for it in self.emulator.calls()
            if it["method"] not in READS and it["path"].startswith(("/v1/", "/graphql"))
        ]

    def drop_previous(self) -> None:
        """Remove `previous` from the spec, which deletes the old model."""
        self.edit(lambda spec: {key: it for key, it in spec.items() if key != "previous"})
        self.up()

    def edit(self, change: Any) -> None:
        """Change the spec in the stack's file."""
        path = self.folder / f"Pulumi.{self.stack.name}.yaml"
        told = yaml.safe_load(path.read_text())
        models = told["config"]["baseten-tei:models"]
        models[NAME] = change(models[NAME])
        path.write_text(yaml.safe_dump(told))

    def run(self, *words: str) -> str:
        """Run a command of baseten-tei to its end; return what it printed. Raises `RuntimeError` if it fails."""
        ended = subprocess.run(
            self._command(words), cwd=self.folder, env=self.stack.env(), capture_output=True, text=True, check=False
        )  # fmt: skip
        if ended.returncode:
            raise RuntimeError(f"{' '.join(words)}: {ended.stdout}{ended.stderr}")
        return ended.stdout

    def _command(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "baseten_tei", *words, "--stack", self.stack.name]

    def start_backfill(self, model: str, index: str) -> subprocess.Popen[str]:
        """Start the command that fills an index; the same one goes on after a kill."""
        words = [
            "backfill", model, "--from", "notes.jsonl", "--text", "passage", "--payload", "topic", "--payload", "title",
            "--payload", "text", "--to", f"sqlite-vec:{index}/documents", "--chunk", str(CHUNK), "--yes",
        ]  # fmt: skip
        return subprocess.Popen(
            self._command(words), cwd=self.folder, env=self.stack.env(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def wait_for(self, backfill: "subprocess.Popen[str]") -> str:
        """Return what a backfill printed. Raises `RuntimeError` if it fails."""
        told, _ = backfill.communicate(timeout=WAIT_SECONDS)
        if backfill.returncode:
            raise RuntimeError(f"the backfill failed: {told}")
        return told

    def fill_next(self, kills: int) -> None:
        """Fill an index of the next model; the command is killed so many times, and started again.

        Raises `RuntimeError` if a kill came too late to meet it at work, or not every note is there once.
        """
        for number in range(kills):
            backfill = self.start_backfill(f"{NAME}.next", NEW)
            wanted = self.size * (number + 1) // (kills + 1)
            while backfill.poll() is None and self.count(NEW) < wanted:
                time.sleep(0.02)
            if backfill.poll() is not None:
                raise RuntimeError(
                    f"the backfill ended before it was killed: {self.wait_for(backfill)}"
                )
            backfill.kill()
            backfill.communicate()
        self.wait_for(self.start_backfill(f"{NAME}.next", NEW))
        ids = _read_ids(self.folder / NEW)
        if sorted(ids) != sorted(f"note-{number}" for number in range(self.size)):
            raise RuntimeError(
                f"{NEW} has {len(ids)} rows, {len(set(ids))} of them different, of {self.size} notes"
            )

    def count(self, index: str) -> int:
        """Return how many rows an index has."""
        path = self.folder / index
        return len(_read_ids(path)) if path.exists() else 0

    def start_searching(self, who: str, space: str, index: str, rate: float) -> None:
        """Start a consumer that searches an index of a space all the time, in a process of its own."""
        truth = self.folder / f"truth-{space}.json"
        command = [
            sys.executable, "-m", "benchmarks.worlds.searchers", NAME, "--rate", str(rate),
            "--outputs", self.folder / "outputs.json", "--index", self.folder / index, "--truth", truth,
            "--into", self.folder / f"searches-{who}.jsonl",
        ]  # fmt: skip
        started = subprocess.Popen(
            command, cwd=ROOT, env=self.stack.env(), text=True, stdout=subprocess.PIPE
        )
        self._searchers[who] = started
        if not started.stdout or not started.stdout.readline():
            raise RuntimeError(f"{who} does not search")

    def stop_searching(self, who: str) -> None:
        """End a consumer, after the searches that are under way."""
        searcher = self._searchers.pop(who)
        searcher.terminate()
        if searcher.wait(timeout=WAIT_SECONDS):
            raise RuntimeError(f"{who} ended with {searcher.returncode}")

    def end(self) -> None:
        """End the service, and the consumers that are left when something failed."""
        self.service.end()
        for searcher in self._searchers.values():
            searcher.kill()
            searcher.wait()

    def verdicts(self) -> list[Verdict]:
        """Return every search of every consumer."""
        lines = [
            line
            for path in sorted(self.folder.glob("searches-*.jsonl"))
            for line in path.read_text().splitlines()
        ]
        return [Verdict(*json.loads(line)) for line in lines]

    def _keep_truth(self, role: str, prompt: str, space: str) -> None:
        """Ask a model directly, by its own URL, for the vectors of all queries."""
        told = json.loads((self.folder / "outputs.json").read_text())["models"][NAME]
        served = (told.get("spaces") or {"current": told})[role]
        step = max(1, self.size // MOST_QUERIES)
        numbers = list(range(0, self.size, step))
        texts = [f"{prompt}{query_of(number)}" for number in numbers]
        vectors = [
            vector for n in range(0, len(texts), 32) for vector in _embed(served, texts[n : n + 32])
        ]
        queries = [query_of(number) for number in numbers]
        ids = [f"note-{number}" for number in numbers]
        Truth(queries, vectors, ids).write(self.folder / f"truth-{space}.json")

    def _check_that_spaces_differ(self) -> None:
        """Raise `RuntimeError` where a vector of one space could pass for one of the other."""
        old, new = (
            Truth.read(self.folder / f"truth-{it}.json").vectors for it in (OLD_SPACE, NEW_SPACE)
        )
        if old.shape != new.shape or float((old * new).sum(axis=1).max()) > 0.9:
            raise RuntimeError("the two spaces could not be told apart")


def _embed(served: Mapping[str, Any], texts: Sequence[str]) -> list[list[float]]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            served["embeddings_url"],
            json={"input": texts, "model": "any"},
            headers=headers,
            timeout=60,
        )
    answer.raise_for_status()
    return [it["embedding"] for it in answer.json()["data"]]


def _read_ids(path: Path) -> list[str]:
    """Return the ids in an index, which may be filled meanwhile."""
    try:
        database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            database.set_busy_timeout(10_000)
            database.enable_load_extension(True)
            database.load_extension(sqlite_vec.loadable_path())
            return [row[0] for row in database.execute("SELECT id FROM documents")]
        finally:
            database.close()
    except apsw.SQLError:  # the table is not there yet
        return []


def write_lock(stack: Stack) -> None:
    """Write the dev stack's lock file, and an entry for the model that is to follow, a BERT of the same sizes."""
    told = yaml.safe_load((DEV_STACK / "locks" / "dev.yaml").read_text())
    [bert] = [it for it in told["models"] if it["model_id"] == "BAAI/bge-base-en-v1.5"]
    commit = "0" * 39 + "2"
    following = {
        **bert, "model_id": NEXT["model_id"], "revision": "main", "commit": commit,
        "source": "written for this run, after bge-base-en-v1.5", "pooling": {"modes": ["mean"]},
    }  # fmt: skip
    del following["name_or_path"]
    file = stack.folder / "locks" / f"{stack.name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"models": [*told["models"], following]}, sort_keys=False))
