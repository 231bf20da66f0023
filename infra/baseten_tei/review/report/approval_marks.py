"""Marks of what was reviewed: sixteen characters for each change, so that an `up` can be held to its comment.

A mark is a digest of the stack, the model and what it is to be: its config, labels, settings, environments. Whether a
model is new is not in it, because a preview without the real state cannot know. The report writes the marks into the
comment; `baseten-tei pr verify` reads them again before the merge is applied.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from baseten_tei.review.report.before_and_after import ModelChange, ModelState
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.report_data import StackReport
from baseten_tei.review.report.sections.key_lines import approved_keys
from baseten_tei.spec.type_tokens import SECRET

MOST = 1_000
"""Marks that one comment lists one by one, 17 characters each; a stack with more than its share has one for all."""
_BYTES = 12
_OF_THE_STATE = frozenset(
    f"BASETEN_TEI_{it}" for it in ("GENERATION", "STATE_ID", "KNOWN_AS", "ADOPTED")
) | {"state_id", "secret_generation"}
"""Inputs that depend on the state, not on what is asked for: a preview without the real one cannot know them."""
_LINE = re.compile(
    r"^<!-- baseten-tei:reviewed (?P<stack>[A-Za-z0-9_.-]+)(?P<marks>(?: (?:all=)?[A-Za-z0-9+/]{16})*) -->$",
    re.MULTILINE,
)


def compute_marks(
    stack: str, preview: Preview, models: Mapping[str, ModelChange]
) -> dict[str, str]:
    """Return the mark of each change of a preview, by what changes (`model bge`)."""
    changing = {name: it for name, it in models.items() if any(step.changes for step in it.steps)}
    wanted = {f"model {name}": _describe_model(it.after) for name, it in changing.items()}
    for step in preview.steps:
        if step.type == SECRET and step.changes:  # its value is not known to a preview
            wanted[f"secret {step.name}"] = "gone" if step.op == "delete" else "stored"
    wanted |= dict(approved_keys(preview))
    return {name: _digest(_json([stack, name, it])) for name, it in wanted.items()}


def format_marks(stack: StackReport, stacks: int = 1) -> str:
    """Return a stack's marks as a hidden line of a comment on `stacks` stacks; empty where its preview stopped."""
    if stack.errors:
        return ""
    too_many = len(stack.marks) > MOST // stacks
    listed = (_combine_marks(stack.marks),) if too_many else stack.marks
    return f"<!-- {' '.join(['baseten-tei:reviewed', stack.stack, *listed])} -->"


def read_marks(comment: str, stack: str) -> tuple[str, ...] | None:
    """Return the marks that a comment holds for a stack; `None` where it has none, or more than one list."""
    lines = [it["marks"].split() for it in _LINE.finditer(comment) if it["stack"] == stack]
    return tuple(lines[0]) if len(lines) == 1 else None


def find_not_reviewed(marks: Mapping[str, str], reviewed: Sequence[str]) -> list[str]:
    """Return what an `up` with these marks would change although the comment does not hold just that."""
    if reviewed and reviewed[0] == _combine_marks(marks.values()):
        return []
    return [name for name, mark in marks.items() if mark not in reviewed]


def _describe_model(state: ModelState | None) -> Any:
    if state is None:
        return "gone"
    return {
        "spec": state.spec,
        "push": {
            "config": state.push.get("stdin"),
            "job": _without_state_inputs(state.push.get("environment") or {}),
        },
        "model": _without_state_inputs(state.model),
        "environments": {
            name: _without_state_inputs(inputs) for name, inputs in state.environments.items()
        },
    }


def _without_state_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key not in _OF_THE_STATE}


def _combine_marks(marks: Iterable[str]) -> str:
    return f"all={_digest(' '.join(sorted(marks)))}"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:_BYTES]).decode()
