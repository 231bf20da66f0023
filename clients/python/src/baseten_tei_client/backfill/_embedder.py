"""Embeds chunks, each text once where it comes again soon, and none after the served space has changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, Self

import numpy as np

from baseten_tei_client._fingerprints import MIN_COSINE, PROBES, fingerprint, likeness
from baseten_tei_client._spaces import Space
from baseten_tei_client._sync import Model
from baseten_tei_client.backfill._remembered import Known, Remembered
from baseten_tei_client.errors import SpaceMismatchError, UsageError
from baseten_tei_client.results import Embeddings, Floats, Truncated


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
class Embedded:
    """What became of some texts, by place: a row each, NaN where it was refused; which were cut or refused."""

    vectors: Floats
    cut: Mapping[int, Truncated]
    refused: Mapping[int, str]
    tokens: int = 0

    @classmethod
    def of(cls, result: Embeddings) -> Self:
        """Return what a model's answer says."""
        cut = {it.index: it for it in result.truncated if it.index is not None}
        refused = {it.index: it.reason for it in result.refused}
        return cls(result.vectors, cut, refused, result.usage.tokens)

    def beside(self, known: Mapping[int, Known], places: Sequence[int], count: int) -> "Embedded":
        """Return so many texts: those known by place, and at `places` these."""
        vectors = np.empty((count, len(next(iter(known.values())).vector)), np.float32)
        if places:
            vectors[places] = self.vectors
        vectors[list(known)] = [it.vector for it in known.values()]
        cut = {places[n]: it for n, it in self.cut.items()}
        cut |= {n: it.cut for n, it in known.items() if it.cut is not None}
        return Embedded(
            vectors, cut, {places[n]: it for n, it in self.refused.items()}, self.tokens
        )


_NONE = Embedded(np.empty((0, 0), np.float32), {}, {})


class ChunkEmbedder:
    """Embeds with one model, whose space must stay what it was at the beginning."""

    def __init__(self, model: Embedder, remember: int, timeout: float) -> None:
        if isinstance(model, Model) and model._model._settings.cache is not None:
            raise UsageError(
                "connect without cache= for a backfill, which would be told of no change"
            )
        self._model, self._timeout = model, timeout
        self._remembered = Remembered(remember)
        self.space = self._measure()

    def embed(self, texts: Sequence[Any]) -> Embedded:
        """Return what became of each text.

        Raises `SpaceMismatchError` if the model serves another space by then, and what the model's `embed` raises.
        """
        known = self._remembered.find(texts)
        new = [place for place in range(len(texts)) if place not in known]
        found = self._embed_new([texts[place] for place in new]) if new else _NONE
        return found.beside(known, new, len(texts)) if known else found

    def _embed_new(self, texts: Sequence[Any]) -> Embedded:
        result = self._model.embed_documents(texts, timeout=self._timeout, on_refusal="skip")
        self._check()
        found = Embedded.of(result)
        places = {text: n for n, text in enumerate(texts) if n not in found.refused}
        vectors = found.vectors[list(places.values())]  # a copy without those that come again
        cut = {texts[n]: it for n, it in found.cut.items()}
        self._remembered.keep(dict(zip(places, vectors, strict=True)), cut)
        return found

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
