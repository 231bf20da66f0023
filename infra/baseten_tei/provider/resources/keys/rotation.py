"""Decisions about an API key: its name on Baseten, when a new one is due, and when the one before may go."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

from baseten_tei.baseten.remote_keys import RemoteKey
from baseten_tei.provider.protocol.resource import Values

INVOKE = "WORKSPACE_INVOKE"
KEPT_HOURS = 24
"""Hours that a previous key works on, where the program does not say it: consumers read the new one in between."""
MAKING = ("name", "type", "models", "team", "rotate_when")
"""Inputs a change of which makes a new key: Baseten changes none."""
LONGEST_NAME = 40
_OTHER = re.compile(r"[^a-z0-9]+")


def name_on_baseten(inputs: Values, generation: str) -> str:
    """Return a name that no other stack's key has, and no other key of this one: by it a lost key is found.

    Baseten's page takes lower-case letters, digits and hyphens (docs: API keys).
    """
    owner = [str(inputs.get(key) or "") for key in ("project", "stack", "state_id", "name")]
    mark = hashlib.sha256("/".join(owner).encode()).hexdigest()[:8]
    word = _OTHER.sub("-", inputs["name"].lower()).strip("-")[:LONGEST_NAME].strip("-")
    return "-".join(filter(None, (word, mark, generation)))


def list_changes(state: Values, inputs: Values) -> list[str]:
    """Return the inputs that ask for another key than the state's; what an import could not know is none."""
    imported = "made_at" not in state and state.get("generation") == "0"
    known = [key for key in MAKING if not (imported and key == "name")]
    return [key for key in known if _asked(state, key) != _asked(inputs, key)]


def is_previous_due(state: Values, inputs: Values, now: float) -> bool:
    """Return whether a key before the state's own has worked on for long enough."""
    if not state.get("previous_prefixes") or not state.get("made_at"):
        return False
    hours = inputs.get("keep_previous_hours", KEPT_HOURS)
    made_at = datetime.fromisoformat(state["made_at"])
    return datetime.fromtimestamp(now, UTC) >= made_at + timedelta(hours=hours)


def time_text(now: float) -> str:
    """Return a moment as the state keeps it."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")


def find_drift(state: Values, key: RemoteKey | None) -> dict[str, str]:
    """Return what is different on Baseten, by field; Baseten's pages may let somebody change a key."""
    if key is None:
        return {"prefix": f"{state['prefix']} was deleted on Baseten"}
    there = {"type": key.kind, "models": list(key.model_ids), "name": key.name}
    ours = {
        "type": state.get("type") or INVOKE,
        "models": sorted(state["model_ids"]),
        "name": state["key_name"],
    }
    return {
        field: f"{_describe(there[field])}, not {_describe(ours[field])}"
        for field in ours
        if there[field] != ours[field]
    }


def _asked(values: Values, key: str) -> object:
    value = values.get(key)
    if key == "type":
        return value or INVOKE
    return sorted(value) if isinstance(value, list) else value


def _describe(value: object) -> str:
    return (", ".join(value) or "every model") if isinstance(value, list) else str(value)
