"""Groups texts into requests: as many as the router takes, by texts, tokens and bytes."""

from collections.abc import Callable, Iterator, Sequence
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
    expect: Callable[[str, int], int] | None = None
    """Returns how many tokens a text probably has, given the most that it can have."""

    def bytes_of(self, text: Text) -> int:
        """Return the bytes that this text needs in the request."""
        return text.size + self.bytes_beside_each

    def tokens_of(self, text: Text) -> int:
        """Return how many tokens the model probably reads of this text at the most."""
        return min(self._expected(text), self.tokens_of_each)

    def reads_all_of(self, text: Text) -> bool:
        """Return whether the model probably reads a text to its end."""
        return not text.was_cut and self._expected(text) <= self.tokens_of_each

    def _expected(self, text: Text) -> int:
        tokens = text.tokens + self.tokens_beside_each
        return self.expect(text.text, tokens) if self.expect else tokens


def plan(
    texts: Sequence[Text], wanted: Sequence[int], room: Room, *, shortest_first: bool = False
) -> Iterator[list[int]]:
    """Group the places of the wanted texts into batches, the longest texts first.

    Texts of similar length share a batch: padded models waste little on them, and the last batches of a long
    job are quick. Each text must fit into a request by itself.
    """
    batch: list[int] = []
    bytes_left = tokens_left = 0
    for place in sorted(wanted, key=lambda it: texts[it].tokens, reverse=not shortest_first):
        text = texts[place]
        size, tokens = room.bytes_of(text), room.tokens_of(text)
        full = not batch or len(batch) >= room.texts
        if full or size > bytes_left or tokens > tokens_left:
            if batch:
                yield batch
            batch = []
            bytes_left, tokens_left = room.bytes, room.tokens
        batch.append(place)
        bytes_left, tokens_left = bytes_left - size, tokens_left - tokens
    if batch:
        yield batch
