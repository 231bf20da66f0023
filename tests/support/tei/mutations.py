"""A good repository with one thing changed: a member dropped, renamed, null, of another type or out of its range."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

OTHER_VALUES: tuple[Any, ...] = (None, "x", -1, 1.5, [], {}, True, 7)
"""What takes the place of a member."""

Files = Mapping[str, Any]


def mutate_files(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield each mutation: what it is, and the files with it."""
    for name, content in files.items():
        yield f"{name} absent", {other: files[other] for other in files if other != name}
        yield f"{name} a list", {**files, name: [content]}
        if not isinstance(content, dict):
            continue
        for change, changed in _change_members(content):
            yield f"{name} {change}", {**files, name: changed}


def _change_members(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in content:
        rest = {key: value for key, value in content.items() if key != name}
        yield f"without {name}", rest
        yield f"{name} renamed", rest | {f"{name}_": content[name]}
        for value in OTHER_VALUES:
            if value != content[name]:
                yield f"{name}: {json.dumps(value)}", content | {name: value}
