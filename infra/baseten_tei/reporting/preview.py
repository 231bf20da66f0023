"""A preview as the engine tells it: `pulumi preview --json`, or its event log, one event a line.

Both hold resources as the state would (measured on 3.259.0): `op`, `urn`, and what they were and will be, with
secrets as `[secret]`. Unchanged ones are told with `--show-sames` only.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.errors import UserError

State = Mapping[str, Any]
"""A resource: `inputs`, `outputs`, `parent`, `protect`."""

_LOOKING = ("refresh", "read")
"""Steps that only look."""


@dataclass(frozen=True)
class Step:
    """What happens to one resource; `old` is `None` where it is new, `new` where it goes."""

    op: str
    urn: str
    old: State | None
    new: State | None

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.rpartition("::")[2]

    @property
    def type(self) -> str:
        """Its own type token, without its parents'."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def parent(self) -> str:
        """The name of the resource that it belongs to."""
        state = self.new or self.old or {}
        return str(state.get("parent", "")).rpartition("::")[2]

    @property
    def changes(self) -> bool:
        """Whether it does anything."""
        return self.op != "same"


@dataclass(frozen=True)
class Preview:
    """Every step in the engine's order; `errors` are what stopped it, one line each."""

    steps: tuple[Step, ...]
    errors: tuple[str, ...] = ()


def parse_preview(text: str) -> Preview:
    """A preview from either form. Raises `UserError` where it is neither."""
    try:
        steps, told = _document(json.loads(text))
    except ValueError:
        steps, told = _events(text)
    kept = (step for step in steps if step.op not in _LOOKING)
    errors = (line for severity, line in told if severity == "error")
    return Preview(tuple(kept), tuple(dict.fromkeys(it for line in errors for it in _lines(line))))


_Told = list[tuple[str, str]]
"""Severities and messages."""


def _document(found: Any) -> tuple[list[Step], _Told]:
    if not isinstance(found, Mapping) or not {"steps", "diagnostics"} & found.keys():
        raise ValueError("no preview")
    steps = [
        Step(it["op"], it["urn"], it.get("oldState"), it.get("newState"))
        for it in found.get("steps") or ()
    ]
    return steps, [(it["severity"], it["message"]) for it in found.get("diagnostics") or ()]


def _events(text: str) -> tuple[list[Step], _Told]:
    try:
        events = [json.loads(line) for line in text.splitlines() if line.strip()]
        planned = [it["resourcePreEvent"]["metadata"] for it in events if "resourcePreEvent" in it]
        told = [it["diagnosticEvent"] for it in events if "diagnosticEvent" in it]
        if not any("preludeEvent" in it for it in events):
            raise ValueError("no preview")
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            "this is neither what `pulumi preview --json` prints nor an event log: type "
            "pulumi preview --json --show-sames > preview.json"
        ) from error
    steps = [Step(it["op"], it["urn"], it.get("old"), it.get("new")) for it in planned]
    return steps, [(it["severity"], it["message"]) for it in told]


def _lines(message: str) -> Iterator[str]:
    for line in message.splitlines():
        if bare := line.removeprefix("error: ").strip():
            yield bare
