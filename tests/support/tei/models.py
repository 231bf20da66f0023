"""A small good repository of each model type, as transformers saves it: config.json and the tensors' shapes.

Written from the libraries that save them, not from what TEI reads: it is the other half of a comparison.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LAYERS = 2
SIZES = {
    "V": 30, "H": 8, "I": 16, "P": 64, "T": 2, "L": 3, "Q": 8, "K": 4, "D": 4, "H3": 24, "I2": 32, "N": 2, "E": 4,
    "EI": 64, "R": 32,
}  # fmt: skip
"""Of every model: vocabulary, hidden, intermediate, positions, token types, labels, query and key width, head, …"""
_MODES = {"cls": "cls_token", "mean": "mean_tokens", "last-token": "lasttoken"}


@dataclass(frozen=True)
class GoodModel:
    """One repository."""

    config: Mapping[str, Any]
    outside: Mapping[str, list[str]]
    """Tensors under a prefix, a row each: name and sizes."""
    layer: Mapping[str, list[str]]
    """The same of each layer; `*` in the prefix is its number."""
    pooling: str | None = None
    since: str = "1.8.3"
    needs: str | None = None
    """`flash`, `padded` or `float32`: it runs in no other way."""

    def tensors(self, **sizes: int) -> dict[str, tuple[int, ...]]:
        """Return each tensor's shape, some sizes being others."""
        all_sizes = SIZES | sizes
        found = dict(_shapes(self.outside.items(), all_sizes))
        for number in range(LAYERS):
            rows = ((key.replace("*", str(number)), rows) for key, rows in self.layer.items())
            found |= dict(_shapes(rows, all_sizes))
        return found

    def files(self) -> dict[str, Any]:
        """Return its JSON files."""
        files: dict[str, Any] = {"config.json": dict(self.config)}
        if self.pooling:
            files["1_Pooling/config.json"] = {
                f"pooling_mode_{mode}": name == self.pooling for name, mode in _MODES.items()
            }
        return files


def _shapes(
    parts: Iterable[tuple[str, list[str]]], all_sizes: Mapping[str, int]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for prefix, rows in parts:
        for row in rows:
            name, *sizes = row.split()
            yield prefix + name, tuple(all_sizes[size] for size in sizes)


def _read() -> Mapping[str, GoodModel]:
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return {name: GoodModel(**row) for name, row in yaml.safe_load(text).items()}


GOOD_MODELS = _read()
"""By a name of ours: a model type, and a head where it has one."""
