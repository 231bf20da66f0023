"""Connects to the embeddings stack's three models and compares the embedding model with the index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from baseten_tei_client import AsyncModel, Space, aconnect
from search_service.settings import Role, Settings


@dataclass(frozen=True)
class Models:
    """The three models of a search."""

    embedding: AsyncModel
    reranker: AsyncModel
    classifier: AsyncModel


@asynccontextmanager
async def connect_embedding(
    settings: Settings, expected: Space | None = None, role: Role = "current"
) -> AsyncIterator[AsyncModel]:
    """Give the embedding model of the expected space, awake, after comparing its outputs and its answers with it.

    While the stack replaces it, that is whichever of the current, the next and the previous model serves the space.
    Default: the model in `role`, in the space of the stack's outputs. Raises what `connect` raises,
    `SpaceMismatchError` among it.
    """
    name = settings.roles.embedding
    space = expected or (await aconnect(name, outputs=settings.outputs, space=role)).space
    measured = space is not None and space.fingerprint is not None
    model = await aconnect(
        name,
        outputs=settings.outputs,
        space=None if expected else role,
        expect_space=space,
        probe_space=measured,
    )
    async with model:
        await model.ready()
        yield model


@asynccontextmanager
async def connect_models(settings: Settings, expected: Space) -> AsyncIterator[Models]:
    """Give all three models, awake. Raises what `connect_embedding` raises."""
    roles = settings.roles
    async with (
        connect_embedding(settings, expected) as embedding,
        await aconnect(roles.reranker, outputs=settings.outputs) as reranker,
        await aconnect(roles.classifier, outputs=settings.outputs) as classifier,
    ):
        await asyncio.gather(reranker.ready(), classifier.ready())
        yield Models(embedding, reranker, classifier)
