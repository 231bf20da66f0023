"""Searches: the nearest documents by vector, in the reranker's order, with their moods."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from baseten_tei_client import Classification, Space
from search_service.index import Index, Near
from search_service.models import Models

CANDIDATES = 20
"""Documents that are reranked for each query."""
MOODS = 3
MOOD_THRESHOLD = 0.5


class Mood(BaseModel, frozen=True):
    """A label of the classifier and its probability."""

    label: str
    score: float


class Hit(BaseModel, frozen=True):
    """A document that was found; `nearness` is its place by vector, from 1, before it was reranked."""

    id: str
    topic: str
    title: str
    text: str
    relevance: float
    similarity: float
    nearness: int
    moods: list[Mood]


class Found(BaseModel, frozen=True):
    """The best documents, best first, and the mood of the query."""

    query: str
    moods: list[Mood]
    hits: list[Hit]


@dataclass
class Search:
    """An index and the models that it is searched with."""

    index: Index
    models: Models
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, query: str, count: int) -> Found:
        """Return the best documents for a query. Raises what the models raise."""
        near = await self._nearest(query)
        passages = [it.document.passage for it in near]
        ranking, moods = await asyncio.gather(
            self.models.reranker.rerank(query, passages),
            self.models.classifier.classify([query, *passages]),
        )
        best = ranking.best(count)
        hits = [_hit(near[n], n, score, name_moods(moods, n + 1)) for n, score in best]
        return Found(query=query, moods=name_moods(moods, 0), hits=hits)

    async def look(self) -> tuple[Space, int]:
        """Return the index's space and how many documents it has now."""
        async with self._one_at_a_time:
            return self.index.space, await asyncio.to_thread(len, self.index)

    async def _nearest(self, query: str) -> Sequence[Near]:
        [vector] = (await self.models.embedding.embed_query(query)).vectors
        async with self._one_at_a_time:  # a full scan, in a thread: others are served meanwhile
            return await asyncio.to_thread(self.index.nearest, vector, CANDIDATES)


def _hit(near: Near, place: int, relevance: float, moods: list[Mood]) -> Hit:
    return Hit(
        **near.document.model_dump(),
        relevance=relevance,
        similarity=near.similarity,
        nearness=place + 1,
        moods=moods,
    )


def name_moods(classification: Classification, row: int) -> list[Mood]:
    """Return the likeliest labels of a text, likeliest first."""
    scores = zip(classification.labels, classification.scores[row].tolist(), strict=True)
    likely = sorted((it for it in scores if it[1] >= MOOD_THRESHOLD), key=lambda it: -it[1])
    return [Mood(label=label, score=score) for label, score in likely[:MOODS]]
