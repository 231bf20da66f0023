"""A model that embeds by hash, with whatever goes wrong on request; it needs nothing but the client's package."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from baseten_tei_client._fingerprints import fingerprint
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import RefusedTextError
from baseten_tei_client.results import Embeddings, Floats, Refused, Truncated, Usage

DIMENSIONS = 8
SPACE = Space("fake/one", "1", DIMENSIONS, "mean", True, max_input_length=20)


def vector_of(text: str, salt: str = "") -> Floats:
    """The vector of a text, of length one."""
    seed = int.from_bytes(hashlib.blake2b((salt + text).encode(), digest_size=8).digest())
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.linalg.norm(vector)


@dataclass
class FakeModel:
    """Refuses empty texts, cuts those above 20 characters, and serves another space after so many calls."""

    space: Space | None = SPACE
    salt: str = ""
    name: str = "fake"
    changes_after: int | None = None
    calls: int = 0
    sent: list[str] = field(default_factory=list)

    def embed(self, texts: Iterable[str], *, timeout: float | None = None) -> Embeddings:
        """As the probes are embedded."""
        return self.embed_documents(texts, timeout=timeout)

    def embed_query(
        self, texts: str | Iterable[str], *, timeout: float | None = None, on_refusal: str = "raise"
    ) -> Embeddings:
        """As documents; a single text that is refused raises, as `Model` does."""
        given = [texts] if isinstance(texts, str) else list(texts)
        if on_refusal == "raise" and not all(given):
            raise RefusedTextError(given.index(""), "is empty")
        return self.embed_documents(given, timeout=timeout)

    def embed_documents(
        self,
        texts: Iterable[str],
        *,
        timeout: float | None = None,  # noqa: ARG002  # as `Model` has it
        on_refusal: str = "skip",  # noqa: ARG002  # the same
    ) -> Embeddings:
        given: list[Any] = list(texts)
        self.calls += 1
        if self.changes_after is not None and self.calls > self.changes_after:
            self.salt = "another"
        self.sent += [it for it in given if it]
        nothing = np.full(DIMENSIONS, np.nan)
        rows = [vector_of(it[:20], self.salt) if it else nothing for it in given]
        cut = [Truncated(n, len(it), 20) for n, it in enumerate(given) if it and len(it) > 20]
        refused = [Refused(n, "is empty") for n, it in enumerate(given) if not it]
        usage = Usage(tokens=sum(len(it) for it in given if it))
        vectors = np.array(rows, np.float32)
        return Embeddings(tuple(cut), tuple(refused), usage, vectors, self.space)


def another_space() -> FakeModel:
    """A model whose vectors are not comparable."""
    return FakeModel(replace(SPACE, model_id="fake/two"), salt="two")


def with_fingerprint() -> Space:
    """Its space as a stack's outputs would have it."""
    from baseten_tei_client._fingerprints import PROBES

    return replace(SPACE, fingerprint=fingerprint(FakeModel().embed(PROBES).vectors))
