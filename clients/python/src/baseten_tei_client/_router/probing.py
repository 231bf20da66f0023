"""Compares what a model answers with an expected space, and a text in a batch with the same text alone."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baseten_tei_client._fingerprints import MIN_COSINE, PROBES, fingerprint, likeness
from baseten_tei_client._router.ask import Caller
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.transport import Request
from baseten_tei_client._router.wire import embeddings_route, read_embeddings
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import SpaceMismatchError
from baseten_tei_client.results import Floats


@dataclass(frozen=True)
class Probing:
    """Asks one model about the probe texts."""

    caller: Caller
    name: str
    sync_url: str
    deadline: Deadline

    async def compare(self, expected: Space, most_texts: int) -> bool:
        """Return whether a text in a batch gets the vector that it gets alone; warn if it does not.

        Raises `SpaceMismatchError` if the vectors belong to another space.
        """
        vectors = await self._embed(PROBES[:most_texts])
        cosines = likeness(expected.fingerprint, fingerprint(vectors))
        if cosines is None or min(cosines) < MIN_COSINE:
            measured = "cannot be compared" if cosines is None else f"cosine {min(cosines):.4f}"
            raise SpaceMismatchError(
                f"model {self.name!r} answers the probe texts in a different space than expected ({measured}, "
                f"at least {MIN_COSINE} is needed): embed the index again, or deploy the version it was made with"
            )
        return most_texts < 2 or await self._compare_in_pairs()

    async def _compare_in_pairs(self) -> bool:
        """Qwen3 and Gemma3 without flash attention lose the attention mask if a batch needs no padding (TEI #882)."""
        text = PROBES[0]
        [alone] = await self._embed([text])
        pair = await self._embed([text, text])
        least = min(_cosine(alone, it) for it in pair)
        if least >= MIN_COSINE:
            return True
        warnings.warn(
            f"model {self.name!r} gives texts of equal length in one batch other vectors than alone (cosine "
            f"{least:.4f}): it is sent one text at a time, and no other caller may use it meanwhile; serve it with "
            "flash attention (a GPU other than T4, no dtype: float32), or serve another model",
            stacklevel=2,
        )
        return False

    async def _embed(self, texts: Sequence[str]) -> Floats:
        route = embeddings_route()
        request = Request(f"{self.sync_url}{route.path}", route.body(texts), len(texts))
        answer = await self.caller.ask(
            request, lambda value: read_embeddings(value, len(texts)), self.deadline
        )
        return answer.value


def _cosine(one: Floats, other: Floats) -> float:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / lengths) if lengths else 0.0
