"""Pulumi's property values as plain Python, and back."""

from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue, PropertyValueType

from baseten_tei.provider.protocol.resource import UNKNOWN, Values

UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""The marks of an unknown text, boolean, number, list and map (sdk/go/common/resource/plugin/rpc.go)."""


def plain(values: dict[str, PropertyValue]) -> Values:
    """Return a map of property values as plain Python: whole numbers as int, what is unknown as `UNKNOWN`."""
    return {key: _plain(value) for key, value in values.items()}


def properties(values: Values) -> dict[str, PropertyValue]:
    """Return plain Python as property values; `None` is left out."""
    return {key: _property(value) for key, value in values.items() if value is not None}


def _plain(value: PropertyValue) -> Any:
    match value.type:
        case PropertyValueType.COMPUTED:
            return UNKNOWN
        case PropertyValueType.NUMBER:
            number = float(value.value)  # type: ignore[arg-type]  # a number, by its type
            return int(number) if number.is_integer() else number
        case PropertyValueType.MAP:
            return plain(value.value)  # type: ignore[arg-type]  # a map, by its type
        case PropertyValueType.ARRAY:
            return [_plain(item) for item in value.value]  # type: ignore[union-attr, arg-type]  # an array, by its type
        case PropertyValueType.STRING if value.value in UNKNOWNS:
            return UNKNOWN
        case _:
            return value.value


def _property(value: Any) -> PropertyValue:
    match value:
        case bool() | str():
            return PropertyValue(value)
        case int() | float():
            return PropertyValue(float(value))  # the SDK marshals no int
        case dict():
            return PropertyValue(properties(value))
        case list() | tuple():
            return PropertyValue([_property(item) for item in value])
        case _:
            return PropertyValue(None)
