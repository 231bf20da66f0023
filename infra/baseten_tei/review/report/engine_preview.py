"""The engine's preview: `pulumi preview --json`, or its event log, one event a line.

Both hold resources as the state would (measured on 3.259.0): `op`, `urn`, and what they were and will be, with
secrets as `[secret]`. Unchanged ones are in it with `--show-sames` only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import DeepError, decode_json
from baseten_tei.review.report.preview_shape import ANEW, Step, parse_diagnostics, parse_steps

_LOOKING = ("refresh", "read")
"""Steps that change nothing."""


@dataclass(frozen=True)
class Preview:
    """Every step in the engine's order; `errors` stopped it, one line each."""

    steps: tuple[Step, ...]
    errors: tuple[str, ...] = ()


def parse_preview(text: str) -> Preview:
    """Return a preview from either form. Raises `UserError` for other texts, or resources of another shape."""
    planned, messages = _read(text)
    kept = tuple(step for step in parse_steps(planned) if step.op not in _LOOKING)
    errors = (it.message for it in parse_diagnostics(messages) if it.severity == "error")
    return Preview(kept, tuple(dict.fromkeys(it for line in errors for it in _lines(line))))


_Parts = tuple[list[Any], list[Any]]
"""Steps and diagnostics."""


def _read(text: str) -> _Parts:
    try:
        return _document(decode_json(text))
    except DeepError as error:
        raise UserError(f"is not a preview: it is {error}: {ANEW}") from error
    except (ValueError, TypeError, AttributeError):
        return _events(text)


def _document(found: Any) -> _Parts:
    if not isinstance(found, Mapping) or not {"steps", "diagnostics"} & found.keys():
        raise ValueError("no preview")
    steps = [
        {**it, "old": it.get("oldState"), "new": it.get("newState")}
        for it in found.get("steps") or ()
    ]
    return steps, list(found.get("diagnostics") or ())


def _events(text: str) -> _Parts:
    try:
        events = [decode_json(line) for line in text.splitlines() if line.strip()]
        planned = [it["resourcePreEvent"]["metadata"] for it in events if "resourcePreEvent" in it]
        messages = [it["diagnosticEvent"] for it in events if "diagnosticEvent" in it]
        if not any("preludeEvent" in it for it in events):
            raise ValueError("no preview")
        return [{**it, "old": it.get("old"), "new": it.get("new")} for it in planned], messages
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            "this is neither what `pulumi preview --json` prints nor an event log: run "
            "pulumi preview --json --show-sames > preview.json"
        ) from error


def _lines(message: str) -> Iterator[str]:
    for line in message.splitlines():
        if bare := line.removeprefix("error: ").strip():
            yield bare
