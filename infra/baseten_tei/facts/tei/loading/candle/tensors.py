"""Tensors of a repository's weights in a short form: one row for the same tensor of every layer.

`encoder.layer.*.output.dense.weight: 768x3072 @0-11` stands for twelve tensors; a row of several shapes joins them
by `; `. The first number between dots is a layer's.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

Shape = tuple[int, ...]
NO_LAYER = -1
_LAYER = re.compile(r"(?:^|(?<=\.))\d+(?=\.)")


@dataclass(frozen=True)
class Tensors:
    """By pattern and shape, the layers that have it; `NO_LAYER` alone for a tensor outside of all layers."""

    layers: Mapping[str, Mapping[Shape, frozenset[int]]]

    @classmethod
    def of(cls, shapes: Mapping[str, Iterable[int]]) -> "Tensors":
        """Return the short form of each tensor's name and shape."""
        layers: dict[str, dict[Shape, set[int]]] = defaultdict(lambda: defaultdict(set))
        for name, shape in shapes.items():
            pattern, layer = split_name(name)
            layers[pattern][tuple(shape)].add(layer)
        return cls({p: {s: frozenset(n) for s, n in found.items()} for p, found in layers.items()})

    @classmethod
    def from_rows(cls, rows: Mapping[str, str]) -> "Tensors":
        """Return what `rows` wrote."""
        return cls({pattern: dict(map(_parse, row.split("; "))) for pattern, row in rows.items()})

    def rows(self) -> dict[str, str]:
        """Return rows for a file, by pattern."""
        return {
            pattern: "; ".join(_format(shape, layers) for shape, layers in sorted(found.items()))
            for pattern, found in sorted(self.layers.items())
        }

    def shapes(self) -> dict[str, Shape]:
        """Return each tensor's full name and shape, as `of` takes them."""
        return {
            pattern if layer == NO_LAYER else pattern.replace("*", str(layer), 1): shape
            for pattern, found in self.layers.items()
            for shape, layers in found.items()
            for layer in layers
        }

    def having(self, pattern: str, shape: Shape) -> frozenset[int]:
        """Return the layers that have the tensor in this shape."""
        return self.layers.get(pattern, {}).get(shape, frozenset())

    def shape_of(self, pattern: str, layer: int = NO_LAYER) -> Shape | None:
        """Return the shape of one tensor; `None` where it is not there."""
        found = self.layers.get(pattern, {}).items()
        return next((shape for shape, layers in found if layer in layers), None)

    @cached_property
    def depth(self) -> int:
        """One more than the last layer that any tensor has."""
        rows = (layers for found in self.layers.values() for layers in found.values())
        return max((max(layers) for layers in rows), default=NO_LAYER) + 1

    def has(self, name: str) -> bool:
        """Return whether a tensor is there, by its full name."""
        return self.shape_of(*split_name(name)) is not None


def split_name(name: str) -> tuple[str, int]:
    """Return a tensor's pattern and its layer."""
    found = _LAYER.search(name)
    if found is None:
        return name, NO_LAYER
    return f"{name[: found.start()]}*{name[found.end() :]}", int(found[0])


def _format(shape: Shape, layers: frozenset[int]) -> str:
    size = "x".join(map(str, shape)) or "scalar"
    return size if NO_LAYER in layers else f"{size} @{_ranges(sorted(layers))}"


def _ranges(numbers: list[int]) -> str:
    """`0-11` or `0-3,5`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)


@lru_cache(maxsize=4096)
def _parse(row: str) -> tuple[Shape, frozenset[int]]:
    size, _, layers = row.partition(" @")
    shape = () if size == "scalar" else tuple(map(int, size.split("x")))
    return shape, _numbers(layers) if layers else frozenset({NO_LAYER})


def _numbers(ranges: str) -> frozenset[int]:
    runs = ((part.partition("-")[0], part.rpartition("-")[2]) for part in ranges.split(","))
    return frozenset(n for first, last in runs for n in range(int(first), int(last) + 1))
