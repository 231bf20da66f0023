"""A toy tokenizer: one token per word or mark, special tokens around, truncation.

Ids are hashed, so they are the same on every machine; the text behind an id is kept for `/decode` as long as the
process lives. Framing by model family and the truncation of pairs ("longest first") follow Hugging Face tokenizers.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# One ideogram, at most sixteen letters of a word (real vocabularies split long words), or one mark.
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]{{1,16}}|[^\w\s]")
_FIRST_WORD_ID = 1000


class Token(NamedTuple):
    """One token; `start` and `stop` are byte offsets, None for a special token."""

    id: int
    text: str
    special: bool = False
    start: int | None = None
    stop: int | None = None


@dataclass(frozen=True)
class Framing:
    """The special tokens of a model family: before, between the two texts of a pair, after."""

    before: tuple[Token, ...]
    between: tuple[Token, ...]
    after: tuple[Token, ...]


_CLS, _SEP = Token(101, "[CLS]", True), Token(102, "[SEP]", True)
_S, _END_S = Token(0, "<s>", True), Token(2, "</s>", True)
_BOS, _EOS = Token(2, "<bos>", True), Token(1, "<eos>", True)
_END_OF_TEXT = Token(151643, "<|endoftext|>", True)

_BERT = Framing((_CLS,), (_SEP,), (_SEP,))
_ROBERTA = Framing((_S,), (_END_S, _END_S), (_END_S,))
_FRAMINGS = {
    **dict.fromkeys(("roberta", "xlm-roberta", "camembert", "mpnet"), _ROBERTA),
    **dict.fromkeys(("qwen2", "qwen3"), Framing((), (_END_OF_TEXT,), (_END_OF_TEXT,))),
    "gemma3_text": Framing((_BOS,), (_EOS,), (_EOS,)),
}


@lru_cache(maxsize=65536)
def word_id(word: str) -> int:
    """Return the id of a word, whatever its case: the same in every process."""
    return _FIRST_WORD_ID + zlib.crc32(word.lower().encode()) % 2_000_000_000


@lru_cache(maxsize=8192)
def split_words(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text, without specials."""
    ascii_only = text.isascii()
    tokens = []
    for match in _WORD.finditer(text):
        start, stop = match.span()
        if not ascii_only:
            start, stop = len(text[:start].encode()), len(text[:stop].encode())
        tokens.append(Token(word_id(match[0]), match[0], False, start, stop))
    return tuple(tokens)


@dataclass
class Tokenizer:
    """The tokenizer of one model family."""

    framing: Framing
    seen: dict[int, Token] = field(default_factory=dict)

    @classmethod
    def of(cls, model_type: str) -> "Tokenizer":
        """Return the tokenizer that models of this `config.json.model_type` come with."""
        return cls(_FRAMINGS.get(model_type, _BERT))

    def tokenize(self, text: str, add_special_tokens: bool = True) -> list[Token]:
        """Return every token of a text, untruncated."""
        words = split_words(text)
        self.seen.update((word.id, word) for word in words)
        if not add_special_tokens:
            return list(words)
        return [*self.framing.before, *words, *self.framing.after]

    def encode(self, text: str, limit: int | None, from_left: bool) -> list[Token]:
        """Return one text with its specials; `limit` truncates to that many tokens, specials included."""
        words: Sequence[Token] = self.tokenize(text, add_special_tokens=False)
        if limit is not None:
            room = max(0, limit - len(self.framing.before) - len(self.framing.after))
            words = keep(words, room, from_left)
        return [*self.framing.before, *words, *self.framing.after]

    def encode_bare(self, text: str, limit: int | None, from_left: bool) -> list[Token]:
        """Return the tokens of a text that was decoded from ids: its specials are in it, none are added."""
        frame = self.framing
        specials = {t.text: t for t in (*frame.before, *frame.between, *frame.after)}
        words: list[Token] = []
        for piece in text.split(" "):
            words += [specials[piece]] if piece in specials else split_words(piece)
        return list(words if limit is None else keep(words, limit, from_left))

    def encode_pair(
        self, first: str, second: str, limit: int | None, from_left: bool
    ) -> tuple[list[Token], list[Token]]:
        """Return both halves of a pair; together they are what the model reads."""
        frame = self.framing
        one: Sequence[Token] = split_words(first)
        two: Sequence[Token] = split_words(second)
        if limit is not None:
            specials = len(frame.before) + len(frame.between) + len(frame.after)
            room_one, room_two = longest_first(len(one), len(two), max(0, limit - specials))
            one, two = keep(one, room_one, from_left), keep(two, room_two, from_left)
        return [*frame.before, *one, *frame.between], [*two, *frame.after]

    def known(self, ids: Sequence[int], vocabulary: int) -> list[int]:
        """Return the ids that the vocabulary has, or that this toy has made of a word; a decoder passes over others."""
        frame = self.framing
        specials = {token.id for token in (*frame.before, *frame.between, *frame.after)}
        return [i for i in ids if i < vocabulary or i in self.seen or i in specials]

    def decode(self, ids: Sequence[int], skip_special_tokens: bool) -> str:
        """Return the text of ids: "[UNK]" for an id that this process has never produced."""
        frame = self.framing
        specials = {token.id: token for token in (*frame.before, *frame.between, *frame.after)}
        known = {**self.seen, **specials}
        tokens = [known.get(i, Token(i, "[UNK]")) for i in ids]
        return " ".join(t.text for t in tokens if not (skip_special_tokens and t.special))


def keep(words: Sequence[Token], room: int, from_left: bool) -> Sequence[Token]:
    """Return the `room` tokens that survive; truncating from the left keeps the end."""
    if len(words) <= room:
        return words
    return words[len(words) - room :] if from_left else words[:room]


def longest_first(one: int, two: int, room: int) -> tuple[int, int]:
    """Return the lengths left to the two texts of a pair when only `room` tokens fit."""
    if one + two <= room:
        return one, two
    shorter = min(one, two)
    if shorter > room // 2:
        half = room // 2
        return (half, room - half) if one <= two else (room - half, half)
    return (one, room - one) if one <= two else (room - two, two)
