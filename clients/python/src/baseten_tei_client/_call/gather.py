"""From the answers for distinct texts to one row for each text that was given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baseten_tei_client._call.prepare import Prepared
from baseten_tei_client._call.truncation import Cut
from baseten_tei_client.errors import RefusedTextError, UnavailableError
from baseten_tei_client.results import Floats, Refused, Truncated


class Rows:
    """A row of numbers for each distinct text, NaN until it is there; one row more for those refused."""

    def __init__(self, texts: int, width: int | None) -> None:
        self._texts, self._width = texts, width
        self._rows: Floats | None = None

    def put(self, places: Sequence[int], rows: Floats) -> None:
        """Raises `UnavailableError` where rows are of another length than those before."""
        if self._rows is None:
            self._rows = np.full((self._texts + 1, rows.shape[1]), np.nan, np.float32)
        if rows.shape[1] != self._rows.shape[1]:
            raise UnavailableError(
                f"the model answers vectors of {self._rows.shape[1]} and of {rows.shape[1]} numbers: a "
                "release is under way; embed these texts again when it is over"
            )
        self._rows[list(places)] = rows

    def row(self, place: int) -> Floats:
        """The row of one distinct text."""
        row: Floats = self._all[place]
        return row

    def given(self, places: Sequence[int]) -> Floats:
        """The rows of the texts as they were given; -1 is the row of those refused."""
        return self._all[np.asarray(places, dtype=np.intp)]

    @property
    def _all(self) -> Floats:
        if self._rows is None:
            self._rows = np.full((self._texts + 1, self._width or 0), np.nan, np.float32)
        return self._rows


class Refusals:
    """The texts of a call that are not sent: raised at once, or kept where they are to be skipped."""

    def __init__(self, prepared: Prepared, skip: bool) -> None:
        self._places, self._skip = prepared.places, skip
        self._reasons = {it.index: it.reason for it in prepared.refused}

    def add(self, reasons: dict[int, str]) -> None:
        """Refuse distinct texts, by place. Raises `RefusedTextError` for the first unless they are skipped."""
        found = {n: reasons[place] for n, place in enumerate(self._places) if place in reasons}
        if found and not self._skip:
            raise RefusedTextError(*next(iter(found.items())))
        self._reasons.update(found)

    def all(self) -> tuple[Refused, ...]:
        """By index."""
        return tuple(Refused(n, self._reasons[n]) for n in sorted(self._reasons))


def truncated(places: Sequence[int], cut: Cut) -> tuple[Truncated, ...]:
    """For each text that was given and cut, by index."""
    return tuple(
        Truncated(n, cut[place].tokens, cut[place].limit, cut[place].at_least)
        for n, place in enumerate(places)
        if place in cut
    )
