"""Turns the answers for distinct texts into one row for each text of the caller."""

from collections.abc import Sequence

import numpy as np

from baseten_tei_client._call.prepare import Prepared
from baseten_tei_client._call.truncation import Cut
from baseten_tei_client.errors import RefusedTextError, UnavailableError
from baseten_tei_client.results import Floats, Refused, Truncated


class Rows:
    """A row of numbers for each distinct text, NaN until it is answered; and one more for refused texts."""

    def __init__(self, texts: int, width: int | None) -> None:
        self._texts, self._width = texts, width
        self._rows: Floats | None = None

    def put(self, places: Sequence[int], rows: Floats) -> None:
        """Store rows. Raises `UnavailableError` if their length differs from that of earlier rows."""
        if self._rows is None:
            self._rows = np.full((self._texts + 1, rows.shape[1]), np.nan, np.float32)
        if rows.shape[1] != self._rows.shape[1]:
            raise UnavailableError(
                f"the model returned vectors of {self._rows.shape[1]} and of {rows.shape[1]} dimensions: a "
                "release is in progress; embed these texts again when it is done"
            )
        self._rows[list(places)] = rows

    def row(self, place: int) -> Floats:
        """Return the row of one distinct text."""
        row: Floats = self._all[place]
        return row

    def expand(self, places: Sequence[int]) -> Floats:
        """Return a row for each text of the caller; place -1 is the row of refused texts."""
        return self._all[np.asarray(places, dtype=np.intp)]

    @property
    def _all(self) -> Floats:
        if self._rows is None:
            self._rows = np.full((self._texts + 1, self._width or 0), np.nan, np.float32)
        return self._rows


class Refusals:
    """The texts of a call that are not sent: the first is raised, or all are kept if they are skipped."""

    def __init__(self, prepared: Prepared, skip: bool) -> None:
        self._places, self._skip = prepared.places, skip
        self._reasons = {it.index: it.reason for it in prepared.refused}

    def add(self, reasons: dict[int, str]) -> None:
        """Refuse distinct texts by place. Raises `RefusedTextError` for the first unless they are skipped."""
        refused = {n: reasons[place] for n, place in enumerate(self._places) if place in reasons}
        if refused and not self._skip:
            raise RefusedTextError(*next(iter(refused.items())))
        self._reasons.update(refused)

    def all(self) -> tuple[Refused, ...]:
        """Return them by index."""
        return tuple(Refused(n, self._reasons[n]) for n in sorted(self._reasons))


def list_truncated(places: Sequence[int], cut: Cut) -> tuple[Truncated, ...]:
    """Return the texts of the caller that were cut, by index."""
    return tuple(
        Truncated(n, cut[place].tokens, cut[place].limit, cut[place].at_least)
        for n, place in enumerate(places)
        if place in cut
    )
