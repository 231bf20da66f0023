"""GitHub's expressions as far as our workflows use them (documented: contexts, expressions). All else is refused."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(&&|\|\||==|!=|!|\(|\)|,|\.)|([A-Za-z_][\w-]*))")
Contexts = Mapping[str, Any]


class UnknownError(Exception):
    """The workflow uses something that this reading of GitHub's rules does not know."""


def evaluate(text: str, contexts: Contexts) -> Any:
    """The value of an expression without its `${{ }}`."""
    parser = _Parser(_tokens(text), contexts)
    value = parser.either()
    if parser.tokens:
        raise UnknownError(f"left over in {text!r}: {parser.tokens}")
    return value


def filled(text: str, contexts: Contexts) -> Any:
    """A text with its `${{ }}` replaced; one that is nothing else keeps its value's type."""
    whole = re.fullmatch(r"\$\{\{(.*?)\}\}", text.strip())
    if whole:
        return evaluate(whole[1], contexts)
    return re.sub(r"\$\{\{(.*?)\}\}", lambda it: _shown(evaluate(it[1], contexts)), text)


def condition(text: str, contexts: Contexts) -> bool:
    """An `if:`, with or without `${{ }}`. Without a function of the status it also wants success."""
    bare = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", text.strip())
    asks = re.search(r"\b(cancelled|always|failure|success)\(", bare)
    return (bool(asks) or contexts["job"]["status"] == "success") and bool(evaluate(bare, contexts))


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text.rstrip()):
        token = _TOKEN.match(text, place)
        if token is None:
            raise UnknownError(f"cannot read {text[place:]!r}")
        found.append(token[0].strip())
        place = token.end()
    return found


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


class _Parser:
    """`either` || `both` && `equal` == `single`, by descent."""

    def __init__(self, tokens: list[str], contexts: Contexts) -> None:
        self.tokens = tokens
        self.contexts = contexts

    def take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.equal()
        while self.take("&&"):
            other = self.equal()
            value = value and other
        return value

    def equal(self) -> Any:
        value = self.single()
        while sign := self.take("==", "!="):
            same = value == self.single()
            value = same if sign == "==" else not same
        return value

    def single(self) -> Any:
        if self.take("!"):
            return not self.single()
        if self.take("("):
            value = self.either()
            self.expect(")")
            return value
        if not self.tokens:
            raise UnknownError("an expression ends too early")
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        return self.call(token) if self.take("(") else self.path(token)

    def call(self, name: str) -> Any:
        arguments = []
        while not self.take(")"):
            arguments.append(self.either())
            self.take(",")
        functions: dict[str, Callable[..., Any]] = {
            "fromJSON": json.loads,
            "hashFiles": lambda *_: "hash",
            "cancelled": lambda: False,
        }
        if name not in functions:
            raise UnknownError(f"unknown function {name}")
        return functions[name](*arguments)

    def path(self, name: str) -> Any:
        if name not in self.contexts:
            raise UnknownError(f"unknown context {name}")
        value = self.contexts[name]
        while self.take("."):
            key = self.tokens.pop(0)
            if name != "secrets" and key not in value:
                raise UnknownError(f"{name} has no {key}")
            value = value.get(key)
        return value

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise UnknownError(f"no {token} where one is wanted")
