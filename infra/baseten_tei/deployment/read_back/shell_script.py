"""A start command as a shell would read it: which commands run, with which words, quotes and variables resolved.

Only what start commands are made of: `&&`, `;`, quotes, `NAME=value`, `$NAME`, `$(cat /secrets/NAME)`. Baseten's
supervisor starts a command without a shell, which then reads no variables; `sh -c` gives it one.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SECRET_MARK = re.compile(r"@secret:([\w.-]+)@")
"""How the words of a script show that a secret's file is read there."""

_SHELLS = frozenset({"sh", "bash"})
_SECRET = re.compile(r"\$\(\s*(?:cat|<)\s*/secrets/([\w.-]+)\s*\)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_SIGNS = "$`&;|\n"
_PRIVATE_USE = range(0xE000, 0xF900)


@dataclass(frozen=True)
class Script:
    """The commands of a script, in order, as words.

    In them a stand-in is written for each sign that quotes took its meaning from: see `plain`.
    """

    commands: tuple[tuple[str, ...], ...]
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    in_shell: bool = False

    def fill(self, word: str, known: Mapping[str, str]) -> str:
        """Return a word with the variables that are known; without a shell nothing is one."""

        def value(match: re.Match[str]) -> str:
            return known.get(match[1] or match[3], match[0] if match[2] is None else match[2])

        return _VARIABLE.sub(value, word) if self.in_shell else word

    def is_open(self, word: str) -> bool:
        """Return whether a filled word still holds something that only a shell knows."""
        return self.in_shell and not set(word).isdisjoint("$`")

    def plain(self, text: str) -> str:
        """Return a word as the program is given it."""
        return text.translate({ord(mark): sign for sign, mark in self.stand_ins.items()})


def read_script(command: str) -> Script:
    """Return the script that a start command runs. Raises `ValueError` for a quote that is never closed."""
    words = shlex.split(command)
    text = _find_shell_script(words)
    if text is None and "&&" not in words:
        return Script((tuple(words),))
    script = _SECRET.sub(r"@secret:\1@", command if text is None else text)
    spare = (chr(code) for code in _PRIVATE_USE if chr(code) not in script)
    stand_ins = dict(zip(_SIGNS, spare, strict=False))
    return Script(tuple(_commands(_hide_quoted_signs(script, stand_ins))), stand_ins, in_shell=True)


def _find_shell_script(words: list[str]) -> str | None:
    if not words or words[0].rpartition("/")[2] not in _SHELLS:
        return None
    for place, word in enumerate(words[1:3], 1):
        if re.fullmatch(r"-[a-z]*c", word) and len(words) > place + 1:
            return words[place + 1]
    return None


def _commands(script: str) -> Iterator[tuple[str, ...]]:
    lexer = shlex.shlex(script, posix=True, punctuation_chars="&;|\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    words: list[str] = []
    for word in lexer:
        if word and set(word) <= set("&;|\n"):
            yield tuple(words)
            words = []
        else:
            words.append(word)
    yield tuple(words)


def _hide_quoted_signs(script: str, stand_ins: Mapping[str, str]) -> str:
    """The script with a stand-in for every sign that quotes take its meaning from."""
    found, quote, signs = [], "", iter(script)
    for sign in signs:
        if sign == "\\" and quote != "'":
            found.append(_read_escape(next(signs, ""), stand_ins))
            continue
        if sign in "'\"" and quote in ("", sign):
            quote = "" if quote else sign
        literal = quote == "'" or (quote and sign not in "$`")
        found.append(stand_ins.get(sign, sign) if literal else sign)
    return "".join(found)


def _read_escape(sign: str, stand_ins: Mapping[str, str]) -> str:
    """A backslash and this sign; before a line's end both go."""
    return "" if sign == "\n" else stand_ins.get(sign, f"\\{sign}")
