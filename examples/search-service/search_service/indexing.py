"""Updates an index to a list of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from baseten_tei_client import AsyncModel, RefusedTextError
from baseten_tei_client.results import Embeddings
from search_service.documents import Document
from search_service.errors import ServiceError
from search_service.index import Index
from search_service.models import connect_embedding
from search_service.settings import Role, Settings


@dataclass(frozen=True)
class Indexed:
    """What was done; `cut` are the ids of documents whose end the model did not read."""

    embedded: int
    kept: int
    removed: int
    cut: tuple[str, ...]


async def index(
    settings: Settings,
    documents: Sequence[Document],
    path: Path,
    rebuild: bool,
    role: Role = "current",
) -> Indexed:
    """Make the file an index of exactly these documents; embed only new and changed ones, unless `rebuild`.

    A new file is in the space of the model in `role`; a file that is there stays in its own.
    Raises `SpaceMismatchError` before anything is written if no model serves the index's space.
    """
    if not path.exists():
        return await _make(settings, documents, path, role)
    with closing(Index.open(path)) as old:  # also for `rebuild`: a file of something else stays
        if rebuild:
            return await _make(settings, documents, path, role)
        return await _update(settings, documents, old)


async def _make(
    settings: Settings, documents: Sequence[Document], path: Path, role: Role
) -> Indexed:
    async with connect_embedding(settings, role=role) as model:
        if model.space is None:
            raise ServiceError(
                "the settings have no embedding space: `pulumi up` the embeddings stack, then this service's"
            )
        embedded = await _embed(model, documents)
    with Index.make(path, model.space, embedded.vectors.shape[1]) as new:
        new.write(documents, embedded.vectors)
    return Indexed(len(documents), 0, 0, _cut(documents, embedded))


async def _update(settings: Settings, documents: Sequence[Document], old: Index) -> Indexed:
    there = old.documents()
    changed, gone = difference(there, documents)
    async with connect_embedding(settings, old.space) as model:
        embedded = await _embed(model, changed)
    old.write(changed, embedded.vectors, gone)
    kept = len(documents) - len(changed)
    return Indexed(len(changed), kept, len(gone), _cut(changed, embedded))


def difference(
    there: Mapping[str, Document], wanted: Sequence[Document]
) -> tuple[list[Document], list[str]]:
    """Return the documents that are new or changed, and the ids of those to remove."""
    changed = [it for it in wanted if there.get(it.id) != it]
    return changed, sorted(there.keys() - {it.id for it in wanted})


async def _embed(model: AsyncModel, documents: Sequence[Document]) -> Embeddings:
    try:
        return await model.embed_documents([document.passage for document in documents])
    except RefusedTextError as error:
        which = "a document" if error.index is None else f"document {documents[error.index].id!r}"
        raise ServiceError(f"{which} {error.reason}") from error


def _cut(documents: Sequence[Document], embedded: Embeddings) -> tuple[str, ...]:
    return tuple(documents[it.index].id for it in embedded.truncated)
