"""Whether the record of a verification is of a certain `next`, and says that its index can take over."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.outputs.spaces.fingerprint import MIN_COSINE, likeness

Values = Mapping[str, Any]
_NAMES = ("model_id", "revision", "document_prompt")


def find_fault(record: Values | None, space: Values) -> str | None:
    """Return why a record does not let the model of a space take over; `None` if it does.

    `space` is as the stack's outputs or a state have it; what it does not say is not compared.
    """
    if record is None:
        return "is missing"
    if not record.get("passed"):
        failed = [
            str(it.get("name")) for it in record.get("checks", ()) if it.get("passed") is False
        ]
        return f"did not pass ({', '.join(failed) or 'no check is recorded'})"
    verified = record["figures"]["new_space"]
    for name in _NAMES:
        if name in space and space[name] != verified.get(name):
            return f"is of another model: {name} {verified.get(name)!r}, not {space[name]!r}"
    now, then = space.get("fingerprint"), verified.get("fingerprint")
    alike = likeness(then, now) if now and then else None
    if alike is not None and min(alike) < MIN_COSINE:
        return f"is of another space than is served now (cosine {min(alike):.4f})"
    return None


def describe_record(record: Values) -> str:
    """Return a record in one line."""
    return f"verified on {str(record.get('date', ''))[:10]}: {record.get('summary', '')}"
