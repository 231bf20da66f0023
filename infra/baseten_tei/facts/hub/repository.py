"""A repository of the Hub as it was read, and strict parsing of its JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from baseten_tei.facts.files.json_reader import decode_json


@dataclass(frozen=True)
class Repository:
    """What was read of one repository at one commit."""

    model_id: str
    revision: str
    """What was asked for: a branch, tag or commit."""
    commit: str
    source: str
    """Where and when it was read: `huggingface.co, 2026-11-22`."""
    gated: bool
    license: str | None
    sizes: Mapping[str, int]
    """Every file's name and bytes."""
    texts: Mapping[str, str]
    """Small JSON files, those that are there."""
    parameters: Mapping[str, Mapping[str, int]]
    """By safetensors file, then by dtype; a file whose header cannot be read is not in it."""
    shapes: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    """By the same files, then by tensor."""
    changed_at: datetime | None = None
    """When the revision last changed, as the Hub says."""


def parse_strict(text: str | None) -> Any:
    """Return what serde would make of it: `None` where it refuses, e.g. for NaN or half a surrogate pair."""
    try:
        value = decode_json(text or "null")
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return None
    return value


def parse_object(text: str | None) -> dict[str, Any]:
    """Return what `parse_strict` does; an empty mapping where that is not an object."""
    value = parse_strict(text)
    return value if isinstance(value, dict) else {}
