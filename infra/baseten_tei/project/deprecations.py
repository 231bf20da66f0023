"""What goes in a later release, and what to write instead: one table, for previews and for docs/upgrading.md.

Whatever is taken away is here for one release before. A key of a spec that stands in this table still works, and a
preview names it once for a stack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from baseten_tei.errors import list_names


@dataclass(frozen=True)
class Deprecation:
    """One thing that goes: by which name, since and until when, and its successor."""

    kind: Literal["key", "output"]
    """A key of a model's spec, or one of its outputs."""
    name: str
    instead: str
    """What to write, as it is written."""
    since: str
    removed_in: str

    @property
    def text(self) -> str:
        """Return what becomes of it, in a sentence without its subject."""
        return (
            f"is deprecated since {self.since} and goes in {self.removed_in}: write {self.instead}"
        )


DEPRECATIONS: Sequence[Deprecation] = (
    Deprecation("output", "model_id", "baseten_id", since="0.1.0", removed_in="0.2.0"),
)


def find_deprecated(
    models: object, deprecations: Sequence[Deprecation] = DEPRECATIONS
) -> dict[str, str]:
    """Return each deprecated key that some spec of a stack has, with a line that names the models that have it."""
    specs: Mapping[Any, Any] = models if isinstance(models, Mapping) else {}
    lines = {}
    for it in deprecations:
        users = [
            str(name)
            for name, spec in sorted(specs.items())
            if it.kind == "key" and isinstance(spec, Mapping) and it.name in spec
        ]
        if users:
            lines[it.name] = f"key {it.name} (of {list_names(users)}) {it.text}"
    return lines


def render_table() -> str:
    """Return the table of docs/upgrading.md."""
    rows = [
        f"| {it.kind} `{it.name}` | {it.since} | {it.removed_in} | `{it.instead}` |"
        for it in DEPRECATIONS
    ]
    head = ["| what goes | deprecated since | gone in | write instead |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"
