"""JSON as serde reads it from a file: members in their order, a name that is there twice, numbers beyond 64 bits."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

MOST = 2**64 - 1


class JsonObject(dict[str, Any]):
    """An object that remembers each of its members, even those that another one of the same name hides."""

    def __init__(self, members: Iterable[tuple[str, Any]]) -> None:
        self.members = tuple(members)
        super().__init__(self.members)


@dataclass(frozen=True)
class Broken:
    """A file that is there and is not JSON."""

    reason: str


def members_of(value: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Return the members of an object in the order of the file."""
    return value.members if isinstance(value, JsonObject) else value.items()


def read_json(text: str) -> Any:
    """Return the value in a text, or `Broken`."""
    try:
        value = json.loads(text, object_pairs_hook=JsonObject, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair
    except (ValueError, RecursionError) as error:
        return Broken(str(error) or "recursion limit exceeded")
    return value


def write_json(value: Any) -> str:
    """Return the text that `read_json` reads as the same value: ASCII, members in their order, twice if they are."""
    if isinstance(value, Mapping):
        members = (f"{json.dumps(name)}: {write_json(item)}" for name, item in members_of(value))
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(write_json, value))}]"
    if isinstance(value, float) and math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    return json.dumps(value)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"expected value: {word}")
