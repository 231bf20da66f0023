"""Embeds chunks, each text once where it comes again soon, and none after the served space has changed."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np

from baseten_tei_client._fingerprints import MIN_COSINE, PROBES, fingerprint, likeness
from baseten_tei_client._spaces import Space
from baseten_tei_client._sync import Model
from baseten_tei_client.errors import SpaceMismatchError, UsageError
from baseten_tei_client.results import Embeddings, Floats


class Embedder(Protocol):
    """What a backfill needs of a model; `Model` has it. Called from several threads."""

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    @property
    def space(self) -> Space | None:
        """Return its space."""
        ...

    def embed(self, texts: Iterable[str], *, timeout: float | None = None) -> Embeddings:
        """Return the vectors of texts as they are."""
        ...

    def embed_documents(
        self, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: Literal["raise", "skip"] = "raise",
    ) -> Embeddings:  # fmt: skip
        """Return the vectors of documents, after the prompt that the model wants before them."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of one text: its vector, and tokens and limit if it was cut; or why it was refused."""

    vector: Floats | None
    cut: tuple[int, int] | None = None
    refused: str | None = None


class ChunkEmbedder:
    """Embeds with one model, whose space must stay what it was at the beginning."""

    def __init__(self, model: Embedder, remember: int, timeout: float) -> None:
        if isinstance(model, Model) and model._model._settings.cache is not None:
            raise UsageError(
                "connect without cache= for a backfill, which would be told of no change"
            )
        self._model, self._timeout, self._remember = model, timeout, remember
        self._known: OrderedDict[str, Outcome] = OrderedDict()
        self._lock = threading.Lock()
        self.space = self._measure()

    def embed(self, texts: Sequence[Any]) -> tuple[list[Outcome], int]:
        """Return the outcome of each text, and the tokens that were computed.

        Raises `SpaceMismatchError` if the model serves another space by then, and what the model's `embed` raises.
        """
        with self._lock:
            found = [self._known.get(it) if isinstance(it, str) else None for it in texts]
        new = [n for n, it in enumerate(found) if it is None]
        if not new:
            return [it for it in found if it is not None], 0
        result = self._model.embed_documents(
            [texts[n] for n in new], timeout=self._timeout, on_refusal="skip"
        )
        self._check()
        outcomes = dict(zip(new, _outcomes(result), strict=True))
        self._keep({texts[n]: it for n, it in outcomes.items() if it.vector is not None})
        return [outcomes.get(n) or known for n, known in enumerate(found)], result.usage.tokens  # type: ignore[misc]  # one of both is there

    def _measure(self) -> Space:
        """Return the space that is served, its fingerprint measured."""
        measured = self._fingerprint()
        space = self._model.space
        if space is None:
            raise UsageError(
                f"model {self._model.name!r}: its outputs do not have its embedding space: give the JSON of "
                "`pulumi stack output --json` of an embedding model"
            )
        self._compare(space.fingerprint or measured, measured)
        return replace(space, fingerprint=space.fingerprint or measured)

    def _check(self) -> None:
        self._compare(self.space.fingerprint, self._fingerprint())

    def _fingerprint(self) -> str:
        return fingerprint(self._model.embed(list(PROBES), timeout=self._timeout).vectors)

    def _compare(self, expected: str | None, measured: str) -> None:
        cosines = likeness(expected, measured)
        if cosines is None or min(cosines) < MIN_COSINE:
            what = "cannot be compared" if cosines is None else f"cosine {min(cosines):.4f}"
            raise SpaceMismatchError(
                f"model {self._model.name!r} answers the probe texts in another space than its outputs and this "
                f"backfill began with ({what}, at least {MIN_COSINE} is needed): what is written is of the first; "
                "read the stack's outputs again, and go on once that space is served, or fill a new index"
            )

    def _keep(self, outcomes: dict[str, Outcome]) -> None:
        with self._lock:
            self._known.update(outcomes)
            while len(self._known) > self._remember:
                self._known.popitem(last=False)


def _outcomes(result: Embeddings) -> list[Outcome]:
    cut = {it.index: (it.tokens, it.limit) for it in result.truncated}
    refused = {it.index: it.reason for it in result.refused}
    return [
        Outcome(None, refused=refused[n])
        if n in refused
        else Outcome(np.array(vector, np.float32), cut.get(n))
        for n, vector in enumerate(result.vectors)
    ]
