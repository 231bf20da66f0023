"""Learns from answers how many tokens a byte of text makes. It decides only what is asked, never what is reported."""

from collections.abc import Iterable, Sequence

FIRST_GUESS = 0.5
"""Tokens of a byte before anything is known: twice those of English."""
MARGIN = 1.25
"""Texts differ: one may have so many times the tokens of the others."""
_TELLING = 100
"""Bytes above which a text says something of long ones: of a short one half are special tokens."""
_FORGETS = 0.2
"""How far a guess moves towards a smaller measurement; it takes a larger one at once."""


class Lengths:
    """Tokens of a byte, of ASCII texts and of others, as one model's tokenizer makes them."""

    def __init__(self) -> None:
        self._per_byte = {True: FIRST_GUESS, False: FIRST_GUESS}
        self.has_learnt = False
        """Whether an answer has shown something."""

    def expect(self, text: str, most: int) -> int:
        """Return how many tokens a text probably has at the most, which cannot have more than `most`."""
        return min(most, int(most * self._per_byte[text.isascii()] * MARGIN) + 1)

    def learn(self, texts: Sequence[str], bytes_: int, tokens: int) -> None:
        """Take in that texts of so many bytes together had so many tokens."""
        if bytes_ < _TELLING * len(texts):
            return
        self.has_learnt = True
        kind, seen = _kind(texts), min(1.0, tokens / max(1, bytes_))
        known = self._per_byte[kind]
        self._per_byte[kind] = seen if seen > known else known + _FORGETS * (seen - known)

    def double(self, texts: Sequence[str]) -> None:
        """Let twice as many be expected, since one of these texts had more than expected."""
        kind = _kind(texts)
        self._per_byte[kind] = min(1.0, 2 * self._per_byte[kind])


def _kind(texts: Iterable[str]) -> bool:
    """Return whether most of the texts are ASCII."""
    kinds = [text.isascii() for text in texts]
    return 2 * sum(kinds) >= len(kinds)
