"""The parts of README.md that are derived: included files, and the table of a model's keys."""

import re
from collections.abc import Callable

from pydantic.fields import FieldInfo

from baseten_tei.spec import Autoscaling, EmbeddingArgs, TeiArgs

_INCLUDE = re.compile(r"(<!-- include (\S+) -->\n```(\w+)\n).*?(```\n)", re.DOTALL)
_KEYS = re.compile(r"(<!-- keys -->\n).*?(?=\n[A-Z])", re.DOTALL)


def render_readme(text: str, read: Callable[[str], str]) -> str:
    """`text` with each `<!-- include PATH -->` block and the `<!-- keys -->` table brought up to date."""
    included = _INCLUDE.sub(lambda found: found[1] + read(found[2]) + found[4], text)
    return _KEYS.sub(lambda found: found[1] + keys_table(), included)


def keys_table() -> str:
    """Every key of a model: name, default, meaning; from the types themselves."""
    rows = [("task", "required", "`embedding`, `reranker` or `classifier`.")]
    rows += [_row(name, field) for name, field in TeiArgs.model_fields.items()]
    rows += [
        _row(name, field, " (embedding)")
        for name, field in EmbeddingArgs.model_fields.items()
        if name not in TeiArgs.model_fields and name != "task"
    ]
    rows += [_row(f"autoscaling.{n}", field) for n, field in Autoscaling.model_fields.items()]
    lines = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *lines]) + "\n"


def _row(name: str, field: FieldInfo, note: str = "") -> tuple[str, str, str]:
    return name, _default(field), f"{' '.join((field.description or '').split())}{note}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    match field.default:
        case None | () | Autoscaling():
            return ""
        case dict():
            return ""
        case bool() as value:
            return f"`{str(value).lower()}`"
        case value:
            return f"`{value}`"
