"""A good repository with one thing changed: a member dropped, renamed, null, of another type or out of its range."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

OTHER_VALUES: tuple[Any, ...] = (None, "x", -1, 1.5, [], {}, True, 7)
"""What takes the place of a member."""
OTHER_MODULES = (
    "sentence_transformers.models.LayerNorm",
    "sentence_transformers.base.modules.Dense",
)

Shapes = Mapping[str, tuple[int, ...]]
Files = Mapping[str, Any]
"""By name; a file that is there and not JSON is `True`."""


def mutate_files(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield each mutation: what it is, and the files with it."""
    for name, content in files.items():
        yield f"{name} absent", {other: files[other] for other in files if other != name}
        for change, changed in _change(content):
            yield f"{name} {change}", {**files, name: changed}


def mutate_tensors(tensors: Shapes) -> Iterator[tuple[str, Shapes]]:
    """Yield each mutation of the weights: a tensor gone, with another name or longer; another prefix of all."""
    for name, (first, *others) in tensors.items():
        rest = {other: shape for other, shape in tensors.items() if other != name}
        yield f"tensor {name} absent", rest
        yield f"tensor {name} renamed", rest | {f"{name}_": tensors[name]}
        yield f"tensor {name} longer", rest | {name: (first + 1, *others)}
    for prefix in ("model.", "bert.", "x."):
        yield f"tensors below {prefix}", {prefix + name: shape for name, shape in tensors.items()}


def _change(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict):
        yield "a list", [content]
        yield from _change_members(content)
    elif isinstance(content, list):
        yield "an object", {"0": content}
        for number, row in enumerate(content):
            yield f"without {number}", content[:number] + content[number + 1 :]
            yield f"{number} twice", [*content, row]
            others = ((f"type: {kind}", row | {"type": kind}) for kind in OTHER_MODULES)
            for change, changed in (*_change_members(row), *others):
                yield f"{number} {change}", [*content[:number], changed, *content[number + 1 :]]


def _change_members(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in content:
        rest = {key: value for key, value in content.items() if key != name}
        yield f"without {name}", rest
        yield f"{name} renamed", rest | {f"{name}_": content[name]}
        for value in OTHER_VALUES:
            if value != content[name]:
                yield f"{name}: {json.dumps(value)}", content | {name: value}
