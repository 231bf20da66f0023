"""The tensors that a model wants, from tensors.json, in the order in which candle reads them.

A line is a name, a shape and maybe a condition: `<e>LayerNorm.weight|gamma [hidden_size] if …`. `<e>` is a prefix that
candle tries, `|gamma` the name it tries next, `*` the layer.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from baseten_tei.facts.tei.loading.rows import read_rows

_MODELS: Mapping[str, Any] = read_rows(Path(__file__).with_name("tensors.json"))
_LINE = re.compile(r"(?P<name>\S+) \[(?P<shape>[^]]+)\](?: if (?P<when>.+))?")


@dataclass(frozen=True)
class Line:
    """One line; `names` are the alternatives, in candle's order."""

    names: tuple[str, ...]
    shape: tuple[str, ...]
    when: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Lines that are read one after the other; once, or once per layer (`layers` is the field that counts them)."""

    lines: tuple[Line, ...]
    layers: str | None = None


@dataclass(frozen=True)
class Block:
    """The same parts under each set of prefixes. Where none fits, candle reports the error of the first or the last."""

    attempts: tuple[tuple[Part, ...], ...]
    error: Literal["first", "last"] = "first"
    probes: tuple[str, ...] = ()
    """Tensors, by attempt: the first that is there decides which is made; without one of them the last is."""


@cache
def blocks_of(model: str, head: str | None) -> tuple[Block, ...]:
    """Return what a model reads; `head` is `classifier`, `splade` or `None`."""
    row = _MODELS[model]
    body = tuple(map(_block, row["blocks"]))
    own = (Block((tuple(_parts(row.get(head, ()), {})),)),) if head else ()
    is_last = head == "splade" and row.get("splade_last", False)
    return (*body, *own) if is_last else (*own, *body)


def _block(row: Mapping[str, Any]) -> Block:
    tensors, prefixes = row["tensors"], row["prefixes"]
    rows = _MODELS[tensors] if isinstance(tensors, str) else tensors
    attempts = tuple(tuple(_parts(rows, each)) for each in prefixes)
    probes = tuple(_fill(row["probe"], each) for each in prefixes) if "probe" in row else ()
    return Block(attempts, row["error"], probes)


def _fill(text: str, prefixes: Mapping[str, str]) -> str:
    for key, prefix in prefixes.items():
        text = text.replace(f"<{key}>", prefix)
    return text


def _parts(rows: Iterable[Any], prefixes: Mapping[str, str]) -> Iterator[Part]:
    for row in rows:
        if isinstance(row, str):
            yield Part((_line(_fill(row, prefixes)),))
        else:
            lines = tuple(_line(_fill(line, prefixes)) for line in row["tensors"])
            yield Part(lines, row["layers"])


def _line(text: str) -> Line:
    found = _LINE.fullmatch(text)
    if found is None:
        raise ValueError(f"tensors.json: {text}")
    path, *others = found["name"].split("|")
    shape = tuple(found["shape"].split(", "))
    when = tuple(found["when"].split(" and ")) if found["when"] else ()
    return Line((path, *(_other_name(path, other) for other in others)), shape, when)


def _other_name(path: str, other: str) -> str:
    """`gamma` beside the path, or `/deberta.classifier.weight` in its place."""
    return other[1:] if other.startswith("/") else path[: path.rfind(".") + 1] + other
