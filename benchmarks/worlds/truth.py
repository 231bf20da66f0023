"""Queries, and the vectors that are right for them in one space: asked of its model directly, by its own URL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import requests
from tests.support.harness import API_KEY

from benchmarks.worlds.notes import query_of

MOST_QUERIES = 400
TEXTS_OF_A_REQUEST = 32
LARGEST_COSINE = 0.9
"""Of a query's vectors in two spaces that can be told apart; a vector is of its space from 0.999 on."""


@dataclass(frozen=True)
class Truth:
    """Queries, their vectors, and the ids of the notes that they mean."""

    queries: list[str]
    vectors: Any
    ids: list[str]

    @classmethod
    def read(cls, path: Path) -> "Truth":
        """Return what `write` has written."""
        read = json.loads(path.read_text())
        return cls(read["queries"], np.array(read["vectors"], np.float32), read["ids"])

    @classmethod
    def ask(cls, served: Mapping[str, Any], prompt: str, notes: int) -> "Truth":
        """Return what a model of the outputs answers; `notes`: how many there are."""
        numbers = range(0, notes, max(1, notes // MOST_QUERIES))
        queries = [query_of(number) for number in numbers]
        texts = [f"{prompt}{query}" for query in queries]
        parts = [
            texts[n : n + TEXTS_OF_A_REQUEST] for n in range(0, len(texts), TEXTS_OF_A_REQUEST)
        ]
        vectors = [vector for part in parts for vector in _embed(served["embeddings_url"], part)]
        return cls(queries, np.array(vectors, np.float32), [f"note-{number}" for number in numbers])

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        told = {"queries": self.queries, "vectors": self.vectors.tolist(), "ids": self.ids}
        path.write_text(json.dumps(told))

    def require_other_than(self, other: "Truth") -> None:
        """Raise `RuntimeError` where a vector of one space could pass for one of the other."""
        same_shape = self.vectors.shape == other.vectors.shape
        if (
            not same_shape
            or float((self.vectors * other.vectors).sum(axis=1).max()) > LARGEST_COSINE
        ):
            raise RuntimeError("the two spaces cannot be told apart by their vectors")


def _embed(url: str, texts: Sequence[str]) -> list[list[float]]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with requests.Session() as session:
        session.trust_env = False
        body = {"input": list(texts), "model": "any"}
        answer = session.post(url, json=body, headers=headers, timeout=60)
    answer.raise_for_status()
    return [it["embedding"] for it in answer.json()["data"]]
