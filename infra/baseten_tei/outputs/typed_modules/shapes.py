"""What typed modules of every language hold: which keys, under which names, as which texts."""

import json
import keyword
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from baseten_tei.errors import UserError
from baseten_tei.outputs.types import (
    ClassifierOutputs,
    EmbeddingOutputs,
    ModelOutputs,
    RerankerOutputs,
    StackOutputs,
)
from baseten_tei.spec.docstrings import attribute_docstrings
from baseten_tei.spec.names import environment_variable

PER_VERSION = frozenset(
    {
        "deployment_id",
        "deployment_predict_url",
        "development_predict_url",
        "config_digest",
        "image",
        "tei_version",
    }
)
"""Outputs that the next push changes, or that no service calls: a module without them lasts."""

CLASSES: dict[str, type[ModelOutputs]] = {
    "Embedding": EmbeddingOutputs,
    "Reranker": RerankerOutputs,
    "Classifier": ClassifierOutputs,
}
"""The type of each task's models."""


@dataclass(frozen=True)
class Key:
    """One key of a type: its annotation, and what it is."""

    name: str
    annotation: Any
    text: str


NAME = Key("name", str, "Its name in the stack.")
DIMENSIONS = {
    "Embedding": (Key("dimensions", int | None, "Length of a vector, as in its space."),),
    "Reranker": (),
    "Classifier": (),
}
"""What a type has besides its outputs, by its task's type."""


@dataclass(frozen=True)
class Named:
    """A model of the stack: `bge-base` as an attribute, `bge_base`, in a type's name, `BgeBase`, or a constant's."""

    name: str
    attribute: str
    word: str
    constant: str
    outputs: ModelOutputs

    @property
    def kind(self) -> str:
        """The type of its task."""
        return next(name for name, it in CLASSES.items() if isinstance(self.outputs, it))


def name_models(outputs: StackOutputs) -> list[Named]:
    """Return the models, by name. Raises `UserError` for two that would be one attribute."""
    found: dict[str, Named] = {}
    for name, model in sorted(outputs.models.items()):
        it = _name_model(name, model)
        if it.attribute in found:
            raise UserError(
                f"models {found[it.attribute].name!r} and {name!r} would both be {it.attribute}: "
                "give one of them another name"
            )
        found[it.attribute] = it
    return list(found.values())


def keys_of(words: type[BaseModel]) -> list[Key]:
    """Return a type's keys in the contract's order; `task`, which distinguishes the types, comes first."""
    texts = attribute_docstrings(words)
    found = [
        Key(name, field.annotation, texts.get(name, ""))
        for name, field in words.model_fields.items()
        if name not in PER_VERSION
    ]
    return sorted(found, key=lambda it: it.name != "task")


def summary(words: type[BaseModel]) -> str:
    """Return the first line of a type's description."""
    return (words.__doc__ or "").partition("\n")[0]


def quote(text: str) -> str:
    """Return a text as a literal of Python and of TypeScript alike; what cannot be seen is escaped."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(map(_visible, shown))


def _visible(character: str) -> str:
    hidden = not character.isprintable() and ord(character) < 0x10000
    return f"\\u{ord(character):04x}" if hidden else character


def _name_model(name: str, outputs: ModelOutputs) -> Named:
    parts = re.findall(r"[A-Za-z0-9]+", name)
    digit = "M" if name[0].isdecimal() else ""
    attribute = environment_variable(name).lower()
    return Named(
        name=name,
        attribute=f"{digit.lower()}{attribute}{'_' * keyword.iskeyword(attribute)}",
        word=digit + "".join(part[0].upper() + part[1:] for part in parts),
        constant=digit + environment_variable(name),
        outputs=outputs,
    )
