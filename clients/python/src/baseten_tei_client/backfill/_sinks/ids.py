"""Ids as a store keeps them: whole numbers, or texts; all of one kind."""

from collections.abc import Iterable
from dataclasses import dataclass

from baseten_tei_client.backfill._errors import SinkError
from baseten_tei_client.backfill._rows import Id


@dataclass(frozen=True)
class Ids:
    """Converts ids of a source to those of a store, so that 7 of JSON and "7" of CSV are one row."""

    are_numbers: bool
    where: str

    def convert(self, row_id: Id) -> Id:
        """Return an id as the store has it. Raises `SinkError` for a text where ids are numbers."""
        if isinstance(row_id, int):
            return row_id if self.are_numbers else str(row_id)
        if not self.are_numbers:
            return row_id
        if row_id.removeprefix("-").isdecimal() and str(int(row_id)) == row_id:
            return int(row_id)
        raise SinkError(
            f"{self.where}: its ids are whole numbers, and {row_id!r:.60} is none: fill another index"
        )

    def convert_all(self, ids: Iterable[Id]) -> dict[Id, Id]:
        """Return each id of the source by its id in the store."""
        return {self.convert(it): it for it in ids}
