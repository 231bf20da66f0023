"""Groups texts into requests: as many as the router takes, by texts, tokens and bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

from baseten_tei_client._call.prepare import Text


@dataclass(frozen=True)
class Room:
    """The most that one request may hold. `…_beside_each` is what each text needs besides itself."""

    texts: int
    tokens: int
    bytes: int
    tokens_of_each: int
    """The most tokens that the model reads of one text."""
    bytes_beside_each: int = 1
    tokens_beside_each: int = 0

    def bytes_of(self, text: Text) -> int:
        """Return the bytes that this text needs in the request."""
        return text.size + self.bytes_beside_each

    def tokens_of(self, text: Text) -> int:
        """Return the most tokens that the model reads of this text."""
        return min(text.tokens + self.tokens_beside_each, self.tokens_of_each)


def plan(texts: Sequence[Text], wanted: Sequence[int], room: Room) -> list[list[int]]:
    """Group the places of the wanted texts into batches, the longest texts first.

    Texts of similar length share a batch: padded models waste little on them, and the last batches of a long
    job are quick. Each text must fit into a request by itself.
    """
    batches: list[list[int]] = []
    bytes_left = tokens_left = 0
    for place in sorted(wanted, key=lambda it: texts[it].tokens, reverse=True):
        size, tokens = room.bytes_of(texts[place]), room.tokens_of(texts[place])
        full = not batches or len(batches[-1]) >= room.texts
        if full or size > bytes_left or tokens > tokens_left:
            batches.append([])
            bytes_left, tokens_left = room.bytes, room.tokens
        batches[-1].append(place)
        bytes_left, tokens_left = bytes_left - size, tokens_left - tokens
    return batches
