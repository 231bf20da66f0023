"""Which texts travel together: as many as the router takes in one request, by texts, tokens and bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baseten_tei_client._call.prepare import Text


@dataclass(frozen=True)
class Room:
    """What one request holds, at most. `beside_each` is what a text takes besides itself (bytes, tokens)."""

    texts: int
    tokens: int
    bytes: int
    tokens_of_each: int
    """Tokens that the model reads of one text, at most."""
    bytes_beside_each: int = 1
    tokens_beside_each: int = 0

    def bytes_of(self, text: Text) -> int:
        """Bytes that this text takes in the request."""
        return text.size + self.bytes_beside_each

    def tokens_of(self, text: Text) -> int:
        """Tokens that the model reads of it, at most."""
        return min(text.tokens + self.tokens_beside_each, self.tokens_of_each)


def plan(texts: Sequence[Text], wanted: Sequence[int], room: Room) -> list[list[int]]:
    """The wanted texts, by their places, in batches; the longest first.

    Texts of about one length share a batch, so that no short one waits for long ones, padded models waste
    little, and the last batches of a long job are quick. Each text fits into a request by itself.
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
