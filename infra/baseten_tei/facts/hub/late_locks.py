"""Models that were pushed before they were locked: whether the commit that is locked is the one that serves.

A push that names a branch is served from the branch's commit of that time. Where the branch has not changed since, that
is the commit which is locked now, and nothing has to be pushed for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from baseten_tei.facts.hub.lockfile import Key
from baseten_tei.facts.hub.model_facts import ModelFacts


@dataclass(frozen=True)
class UnlockedPush:
    """A model that serves as its spec says without a lock; `pushed_at` is `None` where nobody knows."""

    model: str
    pushed_at: datetime | None
    emulated: bool = False
    """Whether it is on an emulator, where a branch is whatever its lock says."""
    at_commit: bool = False
    """Whether its spec names a commit, which never changes."""
    changes_with: Callable[[ModelFacts], bool] = lambda _: True
    """Whether what is deployed would be another config with these facts."""
    name_sizes: Callable[[ModelFacts], str] = lambda _: ""
    """The sizes that these facts change, in words."""

    def serves(self, changed_at: datetime | None) -> bool:
        """Return whether it serves what its branch is now, which last changed then."""
        if self.emulated or self.at_commit:
            return True
        if changed_at is None or self.pushed_at is None:
            return False
        return changed_at <= self.pushed_at


Pushes = Mapping[Key, Sequence[UnlockedPush]]
"""By what the specs ask for."""


def changed_pushes(pushes: Pushes, facts: Mapping[Key, ModelFacts]) -> Pushes:
    """Return those that a lock with these facts would push again, were they not kept."""
    read = {key: every for key, every in pushes.items() if key in facts}
    changed = {
        key: [it for it in every if it.changes_with(facts[key])] for key, every in read.items()
    }
    return {key: every for key, every in changed.items() if every}


def pushed_before(pushes: Pushes, changes: Mapping[Key, datetime | None]) -> frozenset[Key]:
    """Return what may stay as it was pushed: where each model of it serves what its branch is now."""
    return frozenset(
        key for key, every in pushes.items() if all(it.serves(changes.get(key)) for it in every)
    )


def late_lines(
    file: str, pushes: Pushes, kept: frozenset[Key], facts: Mapping[Key, ModelFacts]
) -> list[str]:
    """Return what a late lock with these facts means for each model, a line each, with the sizes that it changes."""
    lines = []
    for key, every in sorted(pushes.items()):
        line = _kept_line if key in kept else _moved_line
        for it in every:
            sizes = it.name_sizes(facts[key])
            lines.append(line(file, key, it.model, f" ({sizes})" if sizes else ""))
    return lines


def _kept_line(file: str, key: Key, model: str, sizes: str) -> str:
    return (
        f"{file}: {'@'.join(key)} is what {model!r} serves already, so it stays as it was pushed "
        f"(pushed_unlocked: true); remove that line to deploy what the lock gives{sizes}"
    )


def _moved_line(file: str, key: Key, model: str, sizes: str) -> str:
    return (
        f"{file}: {'@'.join(key)} may be another commit than {model!r} serves, so the next `pulumi up` pushes it "
        f"once, as its commit{sizes}; if you know that it is the same, write pushed_unlocked: true at its entry, and "
        "nothing is pushed"
    )
