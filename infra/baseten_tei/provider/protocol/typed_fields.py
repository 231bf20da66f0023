"""Reading typed fields: what is inside `Annotated[X, ...] | None`."""

import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo


def bare(annotation: Any) -> Any:
    """Return a field's type without `Annotated` and `None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return bare(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        (only,) = (arm for arm in get_args(annotation) if arm is not type(None))
        return bare(only)
    return annotation


def choices(annotation: Any) -> tuple[str, ...]:
    """Return the words that a field takes, if only some."""
    kind = bare(annotation)
    return get_args(kind) if get_origin(kind) is Literal else ()


def suggestions(field: FieldInfo) -> tuple[str, ...]:
    """Return the words that a field's schema lists where it takes others as well."""
    schemas = [it.json_schema or {} for it in field.metadata if isinstance(it, WithJsonSchema)]
    arms = [arm for schema in schemas for arm in schema.get("anyOf", ())]
    return tuple(word for arm in arms for word in arm.get("enum", ()))


def extras(field: FieldInfo) -> dict[str, Any]:
    """Return what its type says for the schema; in `Annotated[X, ...] | None` it stands within the union."""
    inner = [it for arm in get_args(field.annotation) for it in getattr(arm, "__metadata__", ())]
    said = [it.json_schema_extra for it in (field, *inner) if isinstance(it, FieldInfo)]
    return {key: value for it in said if isinstance(it, dict) for key, value in it.items()}


def keys_at(model: type[BaseModel], location: Iterable[str]) -> list[str]:
    """Return the keys that may stand in the map at `location` of a model; of a map by name, those of each value."""
    inner: Any = model
    for name in location:
        if get_origin(inner) is dict:
            inner = bare(get_args(inner)[1])
            continue
        field = inner.model_fields.get(name) if _is_model(inner) else None
        inner = bare(field.annotation) if field else None
    return list(inner.model_fields) if _is_model(inner) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
