"""Finds the texts of which the model read only the beginning. Only texts that may be too long are counted.

TEI reports how many tokens a request took, after cutting. A cut text took `max_input_length` of them and each
other text at least one, so in a request that took fewer no text was cut.
"""

from collections.abc import Sequence

from baseten_tei_client._call.prepare import Text
from baseten_tei_client.results import Truncated

Cut = dict[int, Truncated]
"""By the text's place, which is also the index in `Truncated`."""


def find_suspects(
    texts: Sequence[Text], places: Sequence[int], limit: int, beside: int
) -> list[int]:
    """Return the places of texts that may have more than `limit` tokens with the `beside` of a query."""
    return [n for n in places if texts[n].tokens + beside > limit or texts[n].was_cut]


def may_be_cut(suspects: Sequence[int], batch: int, computed: int | None, limit: int) -> bool:
    """Return whether one of the suspects in a batch of so many texts may have been cut."""
    return bool(suspects) and (computed is None or computed >= limit + batch - 1)


def cut_texts(texts: Sequence[Text], counts: dict[int, int], limit: int, beside: int) -> Cut:
    """Return which of the counted texts were cut."""
    return {
        place: Truncated(place, count + beside, limit, texts[place].was_cut)
        for place, count in counts.items()
        if count + beside > limit or texts[place].was_cut
    }
