"""A finding's advice, followed: the keys of a spec that it says to write or to leave out."""

import re
from typing import Any

import yaml

_CLAUSE = re.compile(
    r"write (?P<keys>\w+: [\w.-]+(?: and \w+: [\w.-]+)*)|leave (?P<gone>\w+) out(?: of env)?"
)


def follow(fix: str, spec: dict[str, Any]) -> dict[str, Any] | None:
    """The spec with the first way out that the advice names; `None` where it asks for another model, or for none."""
    first = re.split(r", (?:or|as) |; ", fix)[0]
    found = list(_CLAUSE.finditer(first))
    if "model_id" in first or not found:
        return None
    changed = dict(spec)
    for clause in found:
        for pair in (clause["keys"] or "").split(" and "):
            key, _, value = pair.partition(": ")
            changed |= {key: yaml.safe_load(value)} if key else {}
        changed.pop(clause["gone"] or "", None)
    return changed
