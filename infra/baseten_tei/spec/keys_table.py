"""The derived parts of README.md and docs/recipes.md: included files, and the table of a model's keys."""

import re
from collections.abc import Callable

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from baseten_tei.spec.args import (
    Autoscaling,
    EmbeddingArgs,
    EnvironmentArgs,
    Promotion,
    RollingDeploy,
    TeiArgs,
)
from baseten_tei.spec.docstrings import attribute_docstrings

_INCLUDE = re.compile(r"(<!-- include (\S+) -->\n```(\w+)\n).*?(```\n)", re.DOTALL)
_KEYS = re.compile(r"(<!-- keys -->\n).*?(?=\n[A-Z])", re.DOTALL)


_NESTED: dict[str, type[BaseModel]] = {
    "autoscaling": Autoscaling,
    "promotion": Promotion,
    "promotion.rolling_deploy_config": RollingDeploy,
    "environments.<name>": EnvironmentArgs,
}


def render_readme(text: str, read: Callable[[str], str]) -> str:
    """`text` with each `<!-- include PATH -->` block and the `<!-- keys -->` table brought up to date."""
    included = _INCLUDE.sub(lambda found: found[1] + read(found[2]) + found[4], text)
    return _KEYS.sub(lambda found: found[1] + keys_table(), included)


def keys_table() -> str:
    """Every key of a model: name, default, meaning; from the types themselves."""
    rows = [("task", "required", "`embedding`, `reranker` or `classifier`.")]
    told = attribute_docstrings(EmbeddingArgs)
    for name, field in EmbeddingArgs.model_fields.items():
        note = "" if name in TeiArgs.model_fields else " (embedding)"
        rows += [(name, _default(field), told[name] + note)] if name != "task" else []
    for prefix, nested in _NESTED.items():
        told = attribute_docstrings(nested)
        rows += [
            (f"{prefix}.{name}", _default(field), told[name])
            for name, field in nested.model_fields.items()
        ]
    lines = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *lines]) + "\n"


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
