"""The table of docs/policy.md, from the sections themselves."""

import inspect
import json
from collections.abc import Iterator

from pydantic import BaseModel

from baseten_tei.review.policies.config import LEVEL, SECTIONS
from baseten_tei.review.policies.sections import ModelSection
from baseten_tei.spec.docstrings import attribute_docstrings


def title(policy: str) -> str:
    """What a policy asks for, in one line."""
    return inspect.getdoc(SECTIONS[policy]) or ""


def policies_table() -> str:
    """A row for each policy, and one for each of its own keys with its default."""
    rows = [row for policy, section in SECTIONS.items() for row in _rows(policy, section)]
    return "\n".join(["| policy, key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def _rows(policy: str, section: type[BaseModel]) -> Iterator[str]:
    fields, told = section.model_fields, attribute_docstrings(section)
    yield f"| **`{policy}`** | {fields[LEVEL].default} | {title(policy)} |"
    for key, field in fields.items():
        if key != LEVEL and key not in ModelSection.model_fields:
            yield f"| `{key}` | `{json.dumps(field.default)}` | {told[key]} |"
