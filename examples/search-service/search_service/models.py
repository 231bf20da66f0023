"""The embeddings stack's three models, held against the space of the index before they are used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from baseten_tei_client import AsyncModel, Space, aconnect
from search_service.settings import Settings


@dataclass(frozen=True)
class Models:
    """What embeds, what ranks, what tells moods."""

    embedding: AsyncModel
    reranker: AsyncModel
    classifier: AsyncModel


@asynccontextmanager
async def connect_embedding(
    settings: Settings, expected: Space | None = None
) -> AsyncIterator[AsyncModel]:
    """The embedding model, awake, and of the expected space: by what the stack says of it, and by what it answers.

    Without `expected` it has to be of the space that the stack says. Raises `SpaceMismatchError`, and what else
    `connect` does.
    """
    name = settings.roles.embedding
    space = expected or (await aconnect(name, outputs=settings.outputs)).space
    measured = space is not None and space.fingerprint is not None
    model = await aconnect(name, outputs=settings.outputs, expect_space=space, probe_space=measured)
    async with model:
        await model.ready()
        yield model


@asynccontextmanager
async def connect_models(settings: Settings, expected: Space) -> AsyncIterator[Models]:
    """All three, awake, for a search in an index of the expected space. Raises as `embedding_of` does."""
    roles = settings.roles
    async with (
        connect_embedding(settings, expected) as embedding,
        await aconnect(roles.reranker, outputs=settings.outputs) as reranker,
        await aconnect(roles.classifier, outputs=settings.outputs) as classifier,
    ):
        await asyncio.gather(reranker.ready(), classifier.ready())
        yield Models(embedding, reranker, classifier)
