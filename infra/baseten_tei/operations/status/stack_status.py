"""How a stack stands, in lines and as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from baseten_tei.operations.status.engine_changes import EngineChange

if TYPE_CHECKING:
    from baseten_tei.operations.status.live_environments import LiveEnvironment

_WORDS = {"create": "to create", "update": "to update", "delete": "to delete"}


@dataclass(frozen=True)
class StackStatus:
    """What `pulumi up` would change in a stack."""

    stack: str
    models: int
    changes: tuple[EngineChange, ...] = ()
    unknown: tuple[str, ...] = ()
    """What only Pulumi can compare."""
    schedules: tuple[str, ...] = ()
    """Autoscaling schedules that the last `up` left, a sentence each."""

    @property
    def nothing_to_do(self) -> bool:
        """Return whether a preview would call every resource unchanged, as far as can be known here."""
        return not self.changes

    @property
    def title(self) -> str:
        """Return `dev: 3 models, nothing to do`."""
        counts = Counter(it.op for it in self.changes)
        summary = ", ".join(f"{counts[op]} {word}" for op, word in _WORDS.items() if counts[op])
        resources = f"{len(self.changes)} resource{'' if len(self.changes) == 1 else 's'}"
        what = f"{summary} ({resources})" if summary else "nothing to do"
        return f"{self.stack}: {self.models} model{'' if self.models == 1 else 's'}, {what}"


def status_lines(status: StackStatus) -> Iterator[str]:
    """Yield the lines for a terminal or a log."""
    yield status.title
    yield from (f"  {change.line}" for change in status.changes)
    yield from (f"  not compared: {it}" for it in status.unknown)
    yield from (f"  {it}" for it in status.schedules)


def status_document(
    status: StackStatus, rows: "Sequence[LiveEnvironment] | None"
) -> dict[str, Any]:
    """Return it for programs: `live` is null where Baseten was not asked; money is US dollars per hour."""
    return {
        "stack": status.stack,
        "models": status.models,
        "nothing_to_do": status.nothing_to_do,
        "changes": [asdict(it) for it in status.changes],
        "not_compared": list(status.unknown),
        "schedules": list(status.schedules),
        "live": None if rows is None else [asdict(row) for row in rows],
    }
