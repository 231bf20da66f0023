"""An API key that cannot be printed by accident."""

from __future__ import annotations

from typing import NoReturn

MASK = "[secret]"


class Secret:
    """A text that only `reveal` gives away: not `repr`, not an f-string, not pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled: connect again in the other process")

    def reveal(self) -> str:
        """The text itself; for headers only."""
        return self._value

    def hidden_in(self, text: str) -> str:
        """A text from outside without the key in it."""
        return text.replace(self._value, MASK)
