"""Vectors of texts that came before, for rows that have the same text."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from baseten_tei_client.results import Floats, Truncated


class Known(NamedTuple):
    """A text's vector; and how it was cut, if it was."""

    vector: Floats
    cut: Truncated | None


class Remembered:
    """The last texts, so many at the most, for several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._vectors: OrderedDict[str, Floats] = OrderedDict()
        self._cut: dict[str, Truncated] = {}
        self._lock = threading.Lock()

    def find(self, texts: Sequence[Any]) -> dict[int, Known]:
        """Return what is known, by place."""
        with self._lock:
            return {
                place: Known(self._vectors[text], self._cut.get(text))
                for place, text in enumerate(texts)
                if isinstance(text, str) and text in self._vectors
            }

    def keep(self, vectors: Mapping[str, Floats], cut: Mapping[str, Truncated]) -> None:
        """Remember texts, and forget the oldest ones."""
        with self._lock:
            self._vectors.update(vectors)
            self._cut.update(cut)
            while len(self._vectors) > self._most:
                text, _ = self._vectors.popitem(last=False)
                self._cut.pop(text, None)
