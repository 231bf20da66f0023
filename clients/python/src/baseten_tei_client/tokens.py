"""How many tokens a text can have at most, without its tokenizer.

Every tokenizer that TEI runs makes at most one token of each byte of the text in UTF-8: WordPiece and Unigram
cut characters, byte-level BPE and byte fallback cut bytes. They read the text after normalisation, which can
lengthen it (NFKD makes 18 characters of "ﷺ", lower case three bytes of "Ⱥ"): so the longest form counts. Special
tokens and a word boundary in front come on top. English has about a quarter of these tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from unicodedata import normalize

from baseten_tei_client.errors import UsageError
from baseten_tei_client.outputs import ModelOutputs

SPECIALS = 4
"""Two special tokens around a text (up to four in and around a pair), one for the word boundary in front."""
MOST_BYTES_OF_A_CHARACTER = 4
"""In UTF-8."""
CHARACTERS_PER_TOKEN = 250
"""TEI reads no more than this many characters for each token of `max_input_length` (core/src/tokenization.rs)."""


class Counter(Protocol):
    """Counts the tokens of texts as the model does, special tokens included."""

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """One number for each text."""
        ...


def most_tokens(text: str) -> int:
    """An upper bound. Raises `UnicodeEncodeError` for a text that UTF-8 cannot hold (a lone surrogate)."""
    if text.isascii():
        return len(text) + SPECIALS
    forms = (text, normalize("NFKD", text), normalize("NFKD", text.lower()))
    return max(len(form.encode()) for form in forms) + SPECIALS


def most_of_each(texts: Sequence[str]) -> list[int]:
    """An upper bound for each text."""
    return [most_tokens(text) for text in texts]


def counter_of(tokenizer: Any, outputs: ModelOutputs) -> Counter:
    """Exact counts by a `tokenizers.Tokenizer`, or by the path of a `tokenizer.json` (extra `tokenizers`).

    Raises `UsageError` where the text of the model's prompt, which counts too, is not known.
    """
    from tokenizers import Tokenizer  # optional, and slow to import

    prompt = _prompt(outputs)
    if isinstance(tokenizer, Tokenizer):
        own = Tokenizer.from_str(tokenizer.to_str())  # what follows changes it
    else:
        own = Tokenizer.from_file(str(tokenizer))
    own.no_truncation()
    own.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        encodings = own.encode_batch_fast([prompt + text for text in texts])
        return [len(encoding.ids) for encoding in encodings]

    return count


def _prompt(outputs: ModelOutputs) -> str:
    space = outputs.space
    if outputs.task == "embedding" and not (space and space.knows_its_prompt):
        raise UsageError(
            f"model {outputs.name!r}: its outputs do not tell the text of its prompt, which counts with each text: "
            "leave tokenizer out; the model's own counts are used then"
        )
    return (space.prompt if space else None) or ""
