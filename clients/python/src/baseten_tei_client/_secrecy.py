"""Keeps an API key from being printed by accident."""

from typing import NoReturn

MASK = "[secret]"


class Secret:
    """A text that only `reveal` returns; `repr`, f-strings and pickle do not."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key cannot be pickled: connect again in the other process")

    def reveal(self) -> str:
        """Return the text itself; for headers only."""
        return self._value

    def mask(self, text: str) -> str:
        """Return a text from outside with the key replaced in it."""
        return text.replace(self._value, MASK)
