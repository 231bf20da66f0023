"""Counts tokens: an upper bound without the tokenizer, exactly with it.

Every tokenizer that TEI runs makes at most one token of each UTF-8 byte: WordPiece and Unigram cut characters,
byte-level BPE and byte fallback cut bytes. They read the text after normalisation, which can lengthen it (NFKD
makes 18 characters of "ﷺ", lower case three bytes of "Ⱥ"), so the longest form counts. Special tokens and a word
boundary in front are added. English has about a quarter of these tokens.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol
from unicodedata import normalize

from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client.errors import UsageError

SPECIALS = 4
"""Special tokens around a text or a pair (up to four), and the word boundary in front."""
MOST_BYTES_OF_A_CHARACTER = 4
"""In UTF-8."""
CHARACTERS_PER_TOKEN = 250
"""TEI reads at most this many characters for each token of `max_input_length` (core/src/tokenization.rs)."""


class Counter(Protocol):
    """Counts the tokens of texts as the model does, with special tokens."""

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        ...


def bound_tokens(text: str) -> int:
    """Return an upper bound. Raises `UnicodeEncodeError` for a lone surrogate."""
    if text.isascii():
        return len(text) + SPECIALS
    forms = (text, normalize("NFKD", text), normalize("NFKD", text.lower()))
    return max(len(form.encode()) for form in forms) + SPECIALS


def bound_each(texts: Sequence[str]) -> list[int]:
    """Return an upper bound for each text."""
    return [bound_tokens(text) for text in texts]


def make_counter(tokenizer: Any, outputs: ModelOutputs) -> Counter:
    """Return an exact counter from a `Tokenizer` or the path of a `tokenizer.json` (extra `tokenizers`).

    Raises `UsageError` if it cannot be read, and if the text of the model's prompt, which counts too, is unknown.
    """
    prompt = _prompt(outputs)
    own = _load(tokenizer)
    own.no_truncation()
    own.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        encodings = own.encode_batch_fast([prompt + text for text in texts])
        return [len(encoding.ids) for encoding in encodings]

    return count


def _load(tokenizer: Any) -> Any:
    """Return a tokenizer of our own, so that the caller's stays as it is."""
    try:
        from tokenizers import Tokenizer  # optional, and slow to import
    except ImportError as error:
        raise UsageError(
            "tokenizer needs the extra: pip install 'baseten-tei-client[tokenizers]'"
        ) from error
    if isinstance(tokenizer, Tokenizer):
        return Tokenizer.from_str(tokenizer.to_str())
    if not isinstance(tokenizer, str | Path):
        raise UsageError(
            f"tokenizer must be a tokenizers.Tokenizer or a path, not {type(tokenizer).__name__}"
        )
    try:
        return Tokenizer.from_file(str(tokenizer))
    except Exception as error:  # the library raises nothing more specific
        raise UsageError(f"tokenizer {str(tokenizer)!r:.200} cannot be read: {error}") from error


def _prompt(outputs: ModelOutputs) -> str:
    space = outputs.space
    if outputs.task == "embedding" and not (space and space.knows_its_prompt):
        raise UsageError(
            f"model {outputs.name!r}: its outputs do not have the text of its prompt, which counts with each text: "
            "leave tokenizer out, so that the model counts"
        )
    return (space.prompt if space else None) or ""
