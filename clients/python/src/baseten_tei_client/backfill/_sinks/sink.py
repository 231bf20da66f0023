"""What a backfill needs of a store, and the space that is noted with its vectors."""

import json
from collections.abc import Sequence
from typing import Protocol

from baseten_tei_client._spaces import Space, compare
from baseten_tei_client.backfill._rows import Batch, Id, Row
from baseten_tei_client.errors import OutputsError, SpaceMismatchError, UsageError

NOTE = "baseten_tei_space"
"""The name under which a store keeps the space of its vectors, as JSON."""


class Sink(Protocol):
    """A place for vectors. A row that is written again replaces the one of its id, or is not written."""

    @property
    def name(self) -> str:
        """Return what it is, as a user names it, without secrets."""
        ...

    def open(self, space: Space, example: Row) -> None:
        """Make what is missing, for rows like this one. Raises `SpaceMismatchError` for another space's index."""
        ...

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which of these rows have their vector there."""
        ...

    def write(self, batch: Batch) -> None:
        """Write rows; all of them are there for good when it returns, and none or some if it does not."""
        ...

    def finish(self) -> None:
        """Do what is due once all rows are written."""
        ...

    def close(self) -> None:
        """Close its connections; it may never have been opened."""
        ...


def dump_space(space: Space) -> str:
    """Return a space as it is noted."""
    return json.dumps(space.as_mapping(), sort_keys=True)


def check_noted_space(where: str, note: str | None, has_vectors: bool, space: Space) -> None:
    """Raise `SpaceMismatchError` unless vectors of this space may go beside those that are there."""
    if note is None:
        if has_vectors:
            raise SpaceMismatchError(
                f"{where} has vectors, and no note of their space: fill another index, or one that is empty"
            )
        return
    try:
        noted = Space.of(json.loads(note))
    except (ValueError, OutputsError) as error:
        raise SpaceMismatchError(f"{where} has a note of its space that cannot be read") from error
    if not (comparison := compare(noted, space)):
        raise SpaceMismatchError(
            f"{where} holds vectors of another space: {'; '.join(comparison.reasons)}. Fill another index"
        )


def dimensions_of(space: Space) -> int:
    """Return the dimensions of a space. Raises `UsageError` where its outputs do not tell them."""
    if space.dimensions is None:
        raise UsageError(
            f"the outputs do not tell the dimensions of {space.model_id}: lock the model in its stack"
        )
    return space.dimensions


def check_dimensions(where: str, there: int | None, space: Space) -> None:
    """Raise `UsageError` where an index has vectors of another length."""
    if there is not None and there != dimensions_of(space):
        raise UsageError(
            f"{where} is for vectors of {there} dimensions, those of {space.model_id} have {space.dimensions}: fill "
            "another index"
        )
