"""Marks of what was reviewed: sixteen characters for each change, so that an `up` can be held to its comment.

A mark names the stack, the model and what it is to be: its config, labels, settings, environments. Whether a model
is new or already there is not in it, for a preview without the real state cannot know.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from baseten_tei.review.report.before_and_after import ModelChange, ModelState
from baseten_tei.review.report.engine_preview import Preview, Step
from baseten_tei.spec.type_tokens import SECRET

_BYTES = 12
_OF_THE_STATE = frozenset(
    f"BASETEN_TEI_{it}" for it in ("GENERATION", "STATE_ID", "KNOWN_AS", "ADOPTED")
) | {"state_id", "secret_generation"}
"""Inputs that depend on the state, not on what is asked for: a preview without the real one cannot know them."""


def describe_changes(preview: Preview, models: Mapping[str, ModelChange]) -> dict[str, Any]:
    """Everything that an `up` would change → what it is to be: JSON values, the same for the same wish."""
    changing = {name: pair for name, pair in models.items() if any(it.changes for it in pair.steps)}
    wanted = {f"model {name}": _describe_model(pair.after) for name, pair in changing.items()}
    secrets = (step for step in preview.steps if step.type == SECRET and step.changes)
    return wanted | {f"secret {step.name}": _describe_secret(step) for step in secrets}


def compute_marks(stack: str, changing: Mapping[str, Any]) -> dict[str, str]:
    """The mark of each change, by what changes."""
    return {name: _compute_mark([stack, name, wanted]) for name, wanted in changing.items()}


def find_unreviewed(of_up: Mapping[str, str], reviewed: Iterable[str]) -> list[str]:
    """What an `up` would change although nobody reviewed just that."""
    known = set(reviewed)
    return [name for name, mark in of_up.items() if mark not in known]


def _describe_model(side: ModelState | None) -> Any:
    if side is None:
        return "gone"
    return {
        "spec": side.spec,
        "push": {
            "config": side.push.get("stdin"),
            "job": _without_state_inputs(side.push.get("environment") or {}),
        },
        "model": _without_state_inputs(side.model),
        "environments": {
            name: _without_state_inputs(inputs) for name, inputs in side.environments.items()
        },
    }


def _without_state_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key not in _OF_THE_STATE}


def _describe_secret(step: Step) -> str:
    """Its value is not known to a preview, and no business of a comment."""
    return "gone" if step.op == "delete" else "stored"


def _compute_mark(of: Any) -> str:
    text = json.dumps(of, sort_keys=True, ensure_ascii=False)
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:_BYTES]).decode()
