"""What a reading of the Hub means for a stack's lock file: what moved, what to write, what to tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from baseten_tei.facts.hub.late_locks import (
    Pushes,
    changed_pushes,
    late_lines,
    pushed_before,
)
from baseten_tei.facts.hub.lockfile import Key, choose_entry, key_of, list_changes
from baseten_tei.facts.hub.model_facts import ModelFacts

RETRY = "try again online, or set HF_ENDPOINT to a mirror"


@dataclass(frozen=True)
class LockedStack:
    """A stack's lock file as it stands, what the stack's models need of it, and what was asked to be read."""

    file: str
    locked: Mapping[Key, ModelFacts]
    used: frozenset[Key]
    asked: frozenset[Key]
    pushes: Pushes = field(default_factory=dict)
    """Models that serve as they were pushed before they were locked."""


@dataclass
class Readings:
    """What the Hub said of each model: its facts, or in one line why not."""

    facts: dict[Key, ModelFacts] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)
    """What the user can fix: no such repository, no such revision, gated."""
    unreachable: dict[Key, str] = field(default_factory=dict)
    """Only time can: the Hub did not answer."""
    changes: dict[Key, datetime | None] = field(default_factory=dict)
    """When a branch, tag or commit last changed; `None` where the Hub does not say."""


def list_moves(stack: LockedStack, readings: Readings) -> list[str]:
    """Return what the lock file says otherwise than the Hub, or than the stack, a line per field."""
    lines = []
    for wanted in sorted(stack.asked & readings.facts.keys()):
        before, after = stack.locked.get(wanted), readings.facts[wanted]
        differences = (
            list_changes(before, after) if before else [f"is new, at commit {after.commit}"]
        )
        lines += [f"{stack.file}: {_name(wanted)} {line}" for line in differences]
    late = changed_pushes(stack.pushes, readings.facts)
    kept = pushed_before(late, readings.changes)
    lines += late_lines(stack.file, late, kept, readings.facts)
    unused = sorted(stack.locked.keys() - stack.used)
    return lines + [f"{stack.file}: {_name(gone)} is used by no model" for gone in unused]


def merge_entries(stack: LockedStack, readings: Readings) -> list[ModelFacts]:
    """Return the lock file's new entries; where nothing was read, what was locked stays."""
    kept = {wanted: facts for wanted, facts in stack.locked.items() if wanted in stack.used}
    late = changed_pushes(stack.pushes, readings.facts)
    as_pushed = pushed_before(late, readings.changes)
    for wanted in stack.asked & readings.facts.keys():
        after = readings.facts[wanted]
        if wanted in as_pushed:
            after = after.model_copy(update={"pushed_unlocked": True})
        kept[key_of(after)] = choose_entry(kept.get(wanted), after)
    return list(kept.values())


def list_problems(readings: Readings) -> list[str]:
    """Return why something was not read, a line each; one line where the whole Hub could not be reached."""
    unreachable = readings.unreachable
    if (
        unreachable
        and not readings.facts
        and not readings.refused
        and len({*unreachable.values()}) == 1
    ):
        return [f"{next(iter(unreachable.values()))}: what is locked stays as it is; {RETRY}"]
    refused = dict.fromkeys(line for _, line in sorted(readings.refused.items()))
    return [*refused] + [
        f"{_name(wanted)} was not read, {why}: what is locked stays as it is; {RETRY}"
        for wanted, why in sorted(unreachable.items())
    ]


def exit_code(readings: Readings, something_moved: bool) -> int:
    """Return 0 for nothing to do, 1 where something moved, 2 where something could not be read."""
    return 2 if readings.refused or readings.unreachable else int(something_moved)


def _name(wanted: Key) -> str:
    return "@".join(wanted)
