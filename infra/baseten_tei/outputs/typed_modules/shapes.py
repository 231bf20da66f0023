"""What typed modules of every language hold: which keys, under which names, as which texts."""

import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from baseten_tei.errors import UserError
from baseten_tei.outputs.serving import (
    ClassifierEnvironment,
    ClassifierServed,
    EmbeddingEnvironment,
    EmbeddingServed,
    EnvironmentOutputs,
    RerankerEnvironment,
    RerankerServed,
)
from baseten_tei.outputs.spaces.space import Space
from baseten_tei.outputs.types import (
    ClassifierOutputs,
    EmbeddingOutputs,
    ModelOutputs,
    RerankerOutputs,
    StackOutputs,
)
from baseten_tei.spec.docstrings import attribute_docstrings
from baseten_tei.spec.names import environment_variable
from baseten_tei.spec.spaces import ROLES

_Outputs = TypeVar("_Outputs", bound=ModelOutputs | EnvironmentOutputs)

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
ENVIRONMENTS: dict[str, type[EnvironmentOutputs]] = {
    "EmbeddingEnvironment": EmbeddingEnvironment,
    "RerankerEnvironment": RerankerEnvironment,
    "ClassifierEnvironment": ClassifierEnvironment,
}
"""The type of each task's environments."""
SERVED: dict[str, type[EnvironmentOutputs]] = {
    "EmbeddingServed": EmbeddingServed,
    "RerankerServed": RerankerServed,
    "ClassifierServed": ClassifierServed,
}
"""The type of each task's models that stand beside each other; a module has it where some do."""


@dataclass(frozen=True)
class Key:
    """One key of a type: its annotation, and what it is."""

    name: str
    annotation: Any
    text: str


NAME = Key("name", str, "Its name in the stack.")
_DIMENSIONS = Key("dimensions", int | None, "Length of a vector, as in its space.")


@dataclass(frozen=True)
class Named(Generic[_Outputs]):
    """A model or an environment: `bge-base`, as an attribute `bge_base`, in a type's name `BgeBase`, as a constant."""

    name: str
    attribute: str
    word: str
    constant: str
    outputs: _Outputs

    @property
    def kind(self) -> str:
        """The type of its task."""
        kinds = {**CLASSES, **SERVED, **ENVIRONMENTS}
        return next(name for name, it in kinds.items() if isinstance(self.outputs, it))

    @property
    def space(self) -> Space | None:
        """An embedding's space."""
        return getattr(self.outputs, "space", None)


NamedModel = Named[ModelOutputs]
NamedEnvironment = Named[EnvironmentOutputs]


def name_models(outputs: StackOutputs) -> list[NamedModel]:
    """Return the models, by name. Raises `UserError` for two that would be one attribute."""
    return _name_all(outputs.models, "models")


def name_environments(model: NamedModel) -> list[NamedEnvironment]:
    """Return a model's environments, by name. Raises `UserError` for two that would be one attribute."""
    environments: Mapping[str, EnvironmentOutputs] = model.outputs.environments
    return _name_all(environments, f"model {model.name!r}: environments")


def name_spaces(model: NamedModel) -> list[NamedEnvironment]:
    """Return the models under a model's name, by what each is; nothing where it is alone."""
    spaces = model.outputs.spaces
    told = ((role, getattr(spaces, role, None)) for role in ROLES)
    return [_name(role, it) for role, it in told if it is not None]


def keys_of(words: type[BaseModel]) -> list[Key]:
    """Return a type's keys in the contract's order; `task`, which distinguishes the types, comes first."""
    texts = attribute_docstrings(words)
    found = [
        Key(name, field.annotation, texts.get(name, ""))
        for name, field in words.model_fields.items()
        if name not in PER_VERSION and name not in ("environments", "spaces")
    ]
    return sorted(found, key=lambda it: it.name != "task")


def keys_of_kind(words: type[BaseModel]) -> list[Key]:
    """Return the keys of a model's or an environment's type, with its name and, of an embedding, its dimensions."""
    return [NAME, *keys_of(words), *([_DIMENSIONS] if "space" in words.model_fields else [])]


def values_of(words: BaseModel) -> dict[str, Any]:
    """Return a type's values by key, also those that are null and need not be there: modules always have them."""
    return {key: getattr(words, key) for key in type(words).model_fields}


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


def _name_all(outputs: Mapping[str, _Outputs], what: str) -> list[Named[_Outputs]]:
    found: dict[str, Named[_Outputs]] = {}
    for name, inner in sorted(outputs.items()):
        it = _name(name, inner)
        if it.attribute in found:
            raise UserError(
                f"{what} {found[it.attribute].name!r} and {name!r} would both be {it.attribute}: "
                "give one of them another name"
            )
        found[it.attribute] = it
    return list(found.values())


def _name(name: str, outputs: _Outputs) -> Named[_Outputs]:
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
