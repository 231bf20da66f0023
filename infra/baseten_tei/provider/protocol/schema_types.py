"""Classes of typed fields as objects of a Pulumi package schema."""

import re
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from baseten_tei.provider.protocol.typed_fields import bare, choices, extras, suggestions
from baseten_tei.spec.docstrings import attribute_docstrings

Spec = dict[str, Any]

_SCALARS: dict[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


class SchemaTypes:
    """What one package's schema says of classes; with `enums`, the words that a field takes are a type of their own."""

    def __init__(self, package: str, enums: dict[str, Any] | None = None) -> None:
        self._package = package
        self._enums = {_words_of(it): name for name, it in (enums or {}).items()}

    def token(self, kind: type[BaseModel] | str) -> str:
        """Return the token of a class, or of a set of words by its name; languages add an `Args` of their own."""
        name = kind if isinstance(kind, str) else kind.__name__.removesuffix("Args")
        return f"{self._package}:index:{name}"

    def object_of(self, model: type[BaseModel], *without: str) -> Spec:
        """Return a class as an object: description, properties, and which of them are required."""
        texts = attribute_docstrings(model)
        fields = {name: it for name, it in model.model_fields.items() if name not in without}
        return {
            "description": " ".join((model.__doc__ or "").split()),
            "properties": {name: self._property(it, texts[name]) for name, it in fields.items()},
            "required": [name for name, it in fields.items() if _is_certain(it)],
        }

    def changes_of(self, model: type[BaseModel], *without: str) -> Spec:
        """Return a class as an object that holds some of its properties, where one that is left out has no default."""
        texts = attribute_docstrings(model)
        fields = {name: it for name, it in model.model_fields.items() if name not in without}
        return {
            "type": "object",
            "properties": {
                name: self._property(it, texts[name], default="") for name, it in fields.items()
            },
        }

    def types_of(self, models: Iterable[type[BaseModel]]) -> Spec:
        """Return each class and each set of words that some field of `models` holds, by its token."""
        found: Spec = {}
        waiting = list(models)
        while waiting:
            for field in waiting.pop().model_fields.values():
                inner = _innermost(field.annotation)
                if is_model(inner) and self.token(inner) not in found:
                    found[self.token(inner)] = {"type": "object", **self.object_of(inner)}
                    waiting.append(inner)
                elif name := self._enums.get(words := _words(field)):
                    found[self.token(name)] = _enum(words)
        return found

    def _property(self, field: FieldInfo, text: str, default: str | None = None) -> Spec:
        default = _default(field) if default is None else default
        named = self._enums.get(_words(field))
        words = [f"`{word}`" for word in choices(field.annotation)]
        said = [text, f"One of {', '.join(words)}." if words and not named else "", default]
        return {
            "description": " ".join(filter(None, said)),
            **self._type_of_field(field),
            **extras(field),
        }

    def _type_of_field(self, field: FieldInfo) -> Spec:
        """A set of words that takes others as well is a string in every language, with constants beside it."""
        kind, name = self.type_of(field.annotation), self._enums.get(suggestions(field))
        return {"oneOf": [kind, {**kind, "$ref": f"#/types/{self.token(name)}"}]} if name else kind

    def type_of(self, annotation: Any) -> Spec:
        """Return a type, as a property's `type`, `items` or `$ref`."""
        kind = bare(annotation)
        if name := self._enums.get(choices(kind)):
            return {"type": "string", "$ref": f"#/types/{self.token(name)}"}
        if is_model(kind):
            return {"type": "object", "$ref": f"#/types/{self.token(kind)}"}
        if choices(kind):
            return {"type": "string"}
        if get_origin(kind) in (list, tuple):
            return {"type": "array", "items": self.type_of(get_args(kind)[0])}
        if get_origin(kind) is dict:
            return {"type": "object", "additionalProperties": self.type_of(get_args(kind)[1])}
        if kind is Any:
            return {"$ref": "pulumi.json#/Any"}
        return {"type": _SCALARS[kind]}


def _words_of(kind: Any) -> tuple[str, ...]:
    return kind if isinstance(kind, tuple) else choices(kind)


def _words(field: FieldInfo) -> tuple[str, ...]:
    """The words that a field takes or, beside others, suggests."""
    return choices(field.annotation) or suggestions(field)


def is_model(kind: Any) -> bool:
    """Return whether a type is a class of typed fields."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_certain(field: FieldInfo) -> bool:
    """Whether a field always has a value: one that may be null need not be there."""
    return field.is_required() and type(None) not in get_args(field.annotation)


def _innermost(annotation: Any) -> Any:
    """The type of a map's or list's elements, else the type itself."""
    kind = bare(annotation)
    if get_origin(kind) is dict:
        return bare(get_args(kind)[1])
    return bare(get_args(kind)[0]) if get_origin(kind) in (list, tuple) else kind


def _default(field: FieldInfo) -> str:
    if not isinstance(field.default, str | int) or field.default == "":
        return ""
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"Default: `{value}`."


def _enum(words: Iterable[str]) -> Spec:
    """Words with names that every language can write: `1.9.3` is `V1_9_3`, `last-token` is `Last_token`."""
    return {"type": "string", "enum": [{"name": _name(word), "value": word} for word in words]}


def _name(word: str) -> str:
    name = re.sub(r"\W", "_", word)
    return f"V{name}" if name[0].isdigit() else name[0].upper() + name[1:]
