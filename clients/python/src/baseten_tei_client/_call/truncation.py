"""Which texts the model read only the beginning of. Only those that may be too long are ever counted.

TEI says how many tokens a request took, after cutting. A text that was cut took `max_input_length`, and each
other one at least one: a request that took less than that together cut none.
"""

from __future__ import annotations

from collections.abc import Sequence

from baseten_tei_client._call.prepare import Text
from baseten_tei_client.results import Truncated

Cut = dict[int, Truncated]
"""By the text's place; the index is that place."""


def suspects(texts: Sequence[Text], places: Sequence[int], limit: int, beside: int) -> list[int]:
    """The texts that may have more than `limit` tokens; `beside` is what a query takes of them."""
    return [n for n in places if texts[n].tokens + beside > limit or texts[n].was_cut]


def may_be_cut(found: Sequence[int], batch: int, computed: int | None, limit: int) -> bool:
    """Whether one of the suspects of a batch of so many texts may have been cut."""
    return bool(found) and (computed is None or computed >= limit + batch - 1)


def cut_texts(texts: Sequence[Text], counts: dict[int, int], limit: int, beside: int) -> Cut:
    """Those of the counted texts that were cut."""
    return {
        place: Truncated(place, count + beside, limit, texts[place].was_cut)
        for place, count in counts.items()
        if count + beside > limit or texts[place].was_cut
    }
