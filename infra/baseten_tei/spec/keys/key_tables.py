"""The tables of `keys.yaml`, read when they are first asked for: a stack without mistakes pays nothing for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from baseten_tei.facts.files.yaml_reader import parse_yaml


@dataclass(frozen=True)
class KeyTables:
    """What is known of each key of a stack's configuration, and of other tools' words for them."""

    keys: Mapping[str, str]
    """Another tool's word → the path of the key here."""
    sentences: Mapping[str, str]
    """Another tool's word → what to do here; `{number}` is what was written, if it is a number."""
    tasks: Mapping[str, str]
    """Another tool's word → the task."""
    task_keys: frozenset[str]
    """What other tools call the task."""
    examples: Mapping[str, tuple[str, str]]
    """The path of a model's key → an example, and what it becomes."""
    stack_examples: Mapping[str, str]
    """A stack's key → an example."""


@cache
def key_tables() -> KeyTables:
    """Return the tables."""
    found = parse_yaml(Path(__file__).with_name("keys.yaml").read_text("utf-8"))
    return KeyTables(
        **{name: _by_word(found[name]) for name in ("keys", "sentences", "tasks")},
        task_keys=frozenset(found["task_keys"].split()),
        examples={
            path: (example, becomes) for path, (example, becomes) in found["examples"].items()
        },
        stack_examples=found["stack_examples"],
    )


def _by_word(table: Mapping[str, Any]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in words.split()}
