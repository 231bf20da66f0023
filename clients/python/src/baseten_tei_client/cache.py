"""Vectors that were computed before, by space and text."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from baseten_tei_client.errors import UsageError
from baseten_tei_client.outputs import ModelOutputs
from baseten_tei_client.results import Floats


class Known(NamedTuple):
    """A vector, and the text's tokens where it was cut (0 where it was not); whether those are a lower bound."""

    vector: Floats
    tokens: int = 0
    at_least: bool = False


class VectorCache:
    """The `size` vectors that were used last. Models may share one: a key is a space and a text. Thread-safe."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise UsageError(f"a cache of {size} vectors keeps none: leave it out")
        self._size = size
        self._kept: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, space: str, text: str) -> Known | None:
        """The vector of a text in a space, if it is kept."""
        with self._lock:
            known = self._kept.get((space, text))
            if known is not None:
                self._kept.move_to_end((space, text))
            return known

    def put(self, space: str, text: str, known: Known) -> None:
        """Keep a vector; the one that was unused for longest goes where there is no room."""
        vector = known.vector.copy()  # a row would keep the whole array that it is of
        vector.flags.writeable = False
        with self._lock:
            self._kept[space, text] = known._replace(vector=vector)
            self._kept.move_to_end((space, text))
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)


def space_key(outputs: ModelOutputs, cut: bool) -> str:
    """What vectors of one key have in common. Raises `UsageError` where the outputs do not tell spaces apart."""
    if outputs.space is not None:
        return repr((outputs.space, cut))
    if outputs.version is None:
        raise UsageError(
            f"model {outputs.name!r}: a cache needs to know the space, and these outputs do not tell it: "
            "give the JSON of `pulumi stack output --json`, or leave cache out"
        )
    return repr((outputs.model_id, outputs.version, cut))
