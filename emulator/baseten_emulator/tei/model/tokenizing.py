"""From input to tokens: prompts, character and token limits, truncation.

Source: `core/src/tokenization.rs`; the order of the checks is TEI's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.errors import empty_input_error, invalid_input_error
from baseten_emulator.tei.model.tokens import Token, Tokenizer
from baseten_emulator.tei.settings import Settings

Item = str | list[int]
"""A text, or its token ids."""
Sequences = tuple[str, ...]
"""One text or a pair."""
_CHARACTERS_PER_TOKEN = 250


@dataclass(frozen=True)
class Reading:
    """How a request wants its texts read."""

    truncate: bool
    from_left: bool = False
    prompt_name: str | None = None

    @classmethod
    def of(cls, request: Mapping[str, Any], settings: Settings) -> "Reading":
        """Return a request's `truncate`, `truncation_direction` and `prompt_name`."""
        truncate = request.get("truncate")
        return cls(
            settings.auto_truncate if truncate is None else truncate,
            request.get("truncation_direction", "Right").lower() == "left",
            request.get("prompt_name"),
        )


@dataclass(frozen=True)
class Reader:
    """One server's tokenizer with its limits and prompts."""

    settings: Settings
    tokenizer: Tokenizer

    def read(self, item: Item, how: Reading) -> list[Token]:
        """Return the tokens of one text, or of one list of token ids. Raises TeiError."""
        if not item:
            raise empty_input_error()
        prompt = self.prompt(how.prompt_name)
        self.check_characters(len(item), how.truncate)
        limit = self._limit(how)
        if not isinstance(item, str):
            return self._require_short(self._read_ids(item, prompt, limit, how))
        text = prompt + (_cut(item, self._room) if len(item) > self._room else item)
        return self._require_short(self.tokenizer.encode(text, limit, how.from_left))

    def read_pair(self, pair: Sequences, how: Reading) -> tuple[list[Token], list[Token]]:
        """Return the tokens of both halves of a pair, which share the limit and take no prompt. Raises TeiError."""
        first, second = pair
        if not first and not second:
            raise empty_input_error()
        self.check_characters(len(first) + len(second), how.truncate)
        if self.settings.default_prompt is not None:
            raise invalid_input_error("`prompt_name` cannot be set with dual inputs")
        if len(first) + len(second) > self._room:
            first, second = first[: self._room // 2], second[: self._room // 2]
        one, two = self.tokenizer.encode_pair(first, second, self._limit(how), how.from_left)
        self._require_short([*one, *two])
        return one, two

    def prompt(self, name: str | None) -> str:
        """Return the text put before an input: by name, or the default; "" when there is none."""
        if name is None:
            return self.settings.default_prompt or ""
        prompts = self.settings.facts.prompts
        if name not in prompts:
            raise invalid_input_error(missing_prompt(name, list(prompts) or None))
        return prompts[name]

    @property
    def _room(self) -> int:
        return self.settings.max_input_length * _CHARACTERS_PER_TOKEN

    def _limit(self, how: Reading) -> int | None:
        return self.settings.max_input_length if how.truncate else None

    def _read_ids(
        self, ids: list[int], prompt: str, limit: int | None, how: Reading
    ) -> list[Token]:
        """Read ids again after decoding them; their specials stay, unless a prompt goes before."""
        known = self.tokenizer.known(ids, self.settings.facts.vocab_size)
        text = self.tokenizer.decode(known, skip_special_tokens=bool(prompt))
        if prompt:
            return self.tokenizer.encode(prompt + text, limit, how.from_left)
        return self.tokenizer.encode_bare(text, limit, how.from_left)

    def check_characters(self, characters: int, is_cut: bool) -> None:
        """Refuse a text that is too long to be read at all, unless it is cut. Raises TeiError."""
        if characters > self._room and not is_cut:
            raise invalid_input_error(
                f"`inputs` must have less than {self._room} characters. Given: {characters}"
            )

    def _require_short(self, tokens: list[Token]) -> list[Token]:
        limit = self.settings.max_input_length
        if len(tokens) > limit:
            raise invalid_input_error(
                f"`inputs` must have less than {limit} tokens. Given: {len(tokens)}"
            )
        return tokens


def _cut(text: str, room: int) -> str:
    """Return the first bytes of a text; all of it where they would end within a character (measured)."""
    try:
        return text.encode()[:room].decode()
    except UnicodeDecodeError:
        return text


def missing_prompt(name: str, available: list[str] | None) -> str:
    """Return TEI's words for a prompt name that the model does not have; None: it has no prompts at all."""
    start = f"`default-prompt-name` is set to `{name}` but"
    if available is None:
        return f"{start} no prompts were found in the Sentence Transformers configuration"
    listed = ", ".join(f'"{prompt}"' for prompt in sorted(available))
    return (
        f"{start} it was not found in the Sentence Transformers prompts."
        f" Available prompts: [{listed}]"
    )
