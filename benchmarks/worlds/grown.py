"""A large world from a small real one: three models are pushed and released, all others are copies of them.

A copy is text: the model's four resources in the stack's state and its records in the emulator, with another name,
other ids and its own digest in them. What comes out has to pass for real: the program's own `up` must find every
resource unchanged, and a refresh, which reads each model from the emulator, no drift.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.harness import Stack

from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.plan import plan_model
from baseten_tei.facts.hub.lockfile import parse_lock
from baseten_tei.project.generated_files import read_lock
from baseten_tei.rules.settings import parse_settings
from benchmarks.worlds.fleet import make_locked_fleet

TEMPLATE = 3
"""Models, one of each task."""
PROJECT = "baseten-tei"
DATABASE = "emulator.sqlite"
KINDS = ("Model", "Environment", "Deployment", "Activity")
"""Records that belong to a model; its history is not copied."""

Rename = Callable[[str], str]
"""Turns the text about a model of the template into the text about its copy."""
Copy = tuple[str, Rename]
"""The name of a copy's original, and how to rename its text."""


def grow(stack: Stack, emulator_state: Path, size: int) -> None:
    """Bring a stack that serves the template's models, and its emulator, to `size` models."""
    copies = list(_plan_copies(stack, size))
    _grow_emulator(emulator_state / DATABASE, copies)
    _grow_state(stack, copies)
    stack.configure(make_locked_fleet(size))


def _plan_copies(stack: Stack, size: int) -> Iterator[Copy]:
    digests, outputs = _compute_digests(stack, size), stack.outputs()["models"]
    names = list(digests)
    for n in range(TEMPLATE, size):
        original = names[n % TEMPLATE]
        own = outputs[original]
        yield (
            original,
            _rename(
                {
                    original: names[n],
                    digests[original]: digests[names[n]],
                    own["baseten_id"]: f"m{n:07d}",
                    own["deployment_id"]: f"d{n:07d}",
                }
            ),
        )


def _rename(words: dict[str, str]) -> Rename:
    pattern = re.compile("|".join(map(re.escape, words)))
    return lambda text: pattern.sub(lambda found: words[found[0]], text)


def _compute_digests(stack: Stack, size: int) -> dict[str, str]:
    """Return the digest that the program will compute of each spec."""
    owner = Owner(PROJECT, stack.name)
    facts = parse_lock(read_lock(stack.folder, stack.name))
    models = parse_settings(make_locked_fleet(size), None, facts).models
    return {
        name: plan_model(name, args, owner, stack.target).job.digest
        for name, args in models.items()
    }


def _grow_state(stack: Stack, copies: list[Copy]) -> None:
    file = stack.folder / "state" / "grown.json"
    stack.pulumi("stack", "export", "--stack", stack.name, "--file", str(file)).check()
    state = json.loads(file.read_text())
    resources = state["deployment"]["resources"]
    originals = {
        name: [json.dumps(it) for it in resources if _is_of(it, name)]
        for name in make_locked_fleet(TEMPLATE)
    }
    for original, rename in copies:
        resources += [json.loads(rename(text)) for text in originals[original]]
    file.write_text(json.dumps(state))
    stack.pulumi("stack", "import", "--stack", stack.name, "--file", str(file)).check()
    file.unlink()


def _is_of(resource: dict[str, Any], name: str) -> bool:
    """Return whether it is a model's component or one of the component's resources."""
    return bool(re.fullmatch(f"{name}(-[a-z]+)?", resource["urn"].split("::")[-1]))


def _grow_emulator(database: Path, copies: list[Copy]) -> None:
    """Write into the emulator's file, which it reads at each request."""
    with closing(sqlite3.connect(database)) as db, db:
        rows = db.execute("SELECT kind, id, owner, body FROM records ORDER BY rowid").fetchall()
        originals = {
            name: [json.dumps(row) for row in _records_of(rows, name)]
            for name in make_locked_fleet(TEMPLATE)
        }
        for original, rename in copies:
            db.executemany(
                "INSERT INTO records VALUES (?, ?, ?, ?)",
                (json.loads(rename(text)) for text in originals[original]),
            )


def _records_of(rows: list[tuple[str, ...]], name: str) -> list[tuple[str, ...]]:
    """Return a model's own record and those that belong to it."""
    [model] = [row for row in rows if row[0] == "Model" and json.loads(row[3])["name"] == name]
    return [model, *(row for row in rows if row[2] == model[1] and row[0] in KINDS)]
