"""A cache of vectors by space and text."""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from baseten_tei_client._checks import require_count
from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats


class Known(NamedTuple):
    """A vector, and the tokens of its text if that was cut (else 0); `at_least`: they are a lower bound."""

    vector: Floats
    tokens: int = 0
    at_least: bool = False


class VectorCache:
    """The `size` vectors used last, by space and text. Thread-safe; several models may share one."""

    def __init__(self, size: int) -> None:
        require_count("the size of a cache", size, least=1)
        self._size = size
        self._kept: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} vectors, at most {self._size}>"

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, space: str, text: str) -> Known | None:
        """Return what is known of a text in a space; `None` if nothing is."""
        with self._lock:
            known = self._kept.get((space, text))
            if known is not None:
                self._kept.move_to_end((space, text))
            return known

    def put(self, space: str, text: str, known: Known) -> None:
        """Keep a vector, and drop the least recently used one if the cache is full."""
        vector = known.vector.copy()  # a row would keep its whole array alive
        vector.flags.writeable = False
        with self._lock:
            self._kept[space, text] = known._replace(vector=vector)
            self._kept.move_to_end((space, text))
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)


def space_key(outputs: ModelOutputs, cut: bool) -> str:
    """Return the key of a space in a cache. Raises `UsageError` if the outputs do not identify it."""
    if outputs.space is not None:
        return repr((outputs.space, cut))
    if outputs.version is None:
        raise UsageError(
            f"model {outputs.name!r}: a cache needs the embedding space, which these outputs do not have: "
            "give the JSON of `pulumi stack output --json`, or leave cache out"
        )
    return repr((outputs.baseten_id, outputs.version, cut))
