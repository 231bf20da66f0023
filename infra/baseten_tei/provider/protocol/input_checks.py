"""Checks of inputs: what is wrong with which property, in the reader's words, one line each."""

from collections.abc import Collection, Iterator, Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from baseten_tei.errors import did_you_mean
from baseten_tei.provider.protocol.inputs import RESOURCES
from baseten_tei.provider.protocol.property_path import property_path
from baseten_tei.provider.protocol.resource import UNKNOWN, Failure, Values
from baseten_tei.provider.protocol.typed_fields import keys_at
from baseten_tei.spec.messages import kind_of

_SHAPES = {
    "int_type": "a whole number",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}


def input_failures(kind: str, inputs: Values, hidden: Collection[str] = ()) -> list[Failure]:
    """Return what a resource of this type cannot take; what only the update will know passes.

    `hidden` are properties whose values are secret, and are in no reason.
    """
    model, _ = RESOURCES[kind]
    try:
        model.model_validate(inputs)
    except ValidationError as error:
        return list(_failures(model, error, hidden))
    return []


def _failures(
    model: type[BaseModel], error: ValidationError, hidden: Collection[str]
) -> Iterator[Failure]:
    for details in error.errors(include_url=False):
        if details["input"] == UNKNOWN:
            continue
        location = [str(part) for part in details["loc"]]
        shown = (
            "" if location[:1] and location[0] in hidden else f", not {_format(details['input'])}"
        )
        named = location or [str((details.get("ctx") or {}).get("property", ""))]
        yield Failure(property_path(named), _reason(model, location, details, shown))


def _reason(model: type[BaseModel], location: list[str], details: ErrorDetails, shown: str) -> str:
    key, context = ".".join(location), details.get("ctx") or {}
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}.{_instead(location[-1], keys_at(model, location[:-1]))}"
        case "missing":
            return f"{key} is missing: write {key}: …"
        case "string_too_short":
            return f"{key} is empty: write {key}: …, or leave it out"
        case "literal_error":
            return f"{key} must be {context['expected']}{shown}"
        case kind if kind in _SHAPES:
            return f"{key} must be {_SHAPES[kind]}{shown}"
        case kind if kind in _BOUNDS:
            bound, word = _BOUNDS[kind]
            return f"{key} must be {word} {context[bound]}{shown}: write {key}: {context[bound]}"
        case _:
            return details["msg"]


def _instead(word: str, known: list[str]) -> str:
    return did_you_mean(word, known) or f" Known: {', '.join(known)}"


def _format(value: object) -> str:
    if isinstance(value, Mapping | list):
        return kind_of(value)
    return f"{value!r}"
