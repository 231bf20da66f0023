"""What a container runs: the start command, read the way its shell would read it.

Only the shapes that people write for TEI are understood: assignments, `export`, `exec`, `env`, `&&`, `;`, `$NAME` and
`$(cat /secrets/NAME)`. Anything else is a loud failure, not a guess.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from baseten_emulator.tei.outcome import BootError

_ROUTER = re.compile(r"(?:.*/)?(text-embeddings-router(?:-\d+)?|entrypoint\.sh)")
_SECRET_FILE = re.compile(r"\$\((?:cat |< ?)/secrets/([\w.-]+)\s*\)|`cat /secrets/([\w.-]+)`")
_PLACEHOLDER = re.compile("\x01([\\w.-]+)\x01")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_HARMLESS = {"cd", "set", "echo", "mkdir", "sleep", "ulimit", "true", ":"}


@dataclass
class Invocation:
    """The router as it is started: program, arguments, and the whole environment it sees."""

    program: str
    arguments: list[str]
    environment: dict[str, str]
    transfers_cache: bool = False
    """`truss-transfer-cli` ran before: model_cache volumes are filled."""


@dataclass
class _Shell:
    secrets: Mapping[str, str]
    variables: dict[str, str]
    exported: set[str]
    transfers_cache: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a program sees: a variable that was set but never exported is not there."""
        return {name: self.variables[name] for name in self.exported & self.variables.keys()}

    def expand(self, word: str) -> str:
        """Expand variables, then secret files: a secret's own `$` is not expanded again."""
        return _PLACEHOLDER.sub(self._secret, _VARIABLE.sub(self._variable, word))

    def _variable(self, match: re.Match[str]) -> str:
        return self.variables.get(match[1] or match[2]) or match[3] or ""

    def _secret(self, match: re.Match[str]) -> str:
        value = read_secret(self.secrets, match[1])
        if value is None:
            self.notes.append(f"cat: /secrets/{match[1]}: No such file or directory")
        return (value or "").rstrip("\n")


def parse_start_command(
    command: str, environment: Mapping[str, str], secrets: Mapping[str, str]
) -> Invocation:
    """Follow `docker_server.start_command` to the router it starts. Raises BootError where it starts none."""
    shell = _Shell(secrets, dict(environment), set(environment))
    try:
        return _run_words(shell, shlex.split(_mark_secrets(command.replace("\\\n", " "))))
    except ValueError as error:
        raise BootError(f"sh: 1: Syntax error: {error}") from error
    except BootError as error:
        raise BootError(*shell.notes, *error.log_lines) from error


def read_secret(secrets: Mapping[str, str], name: str) -> str | None:
    """Return the content of /secrets/`name`, None where it is not mounted.

    Baseten treats `hf-access-key` and `hf_access_key` as one name (Baseten docs, organization/secrets).
    """
    wanted = _normalise(name)
    return next((value for key, value in secrets.items() if _normalise(key) == wanted), None)


def _normalise(secret_name: str) -> str:
    return secret_name.strip().replace("-", "_").lower()


def _run_words(shell: _Shell, words: list[str]) -> Invocation:
    """Run the top level, which has no shell: supervisord splits words and executes the first."""
    if words and words[0].rpartition("/")[2] in ("sh", "bash"):
        return _run_script(shell, _script_of(words))
    if words and _ROUTER.fullmatch(words[0]):
        return _start(shell, words, shell.environment)
    raise BootError(f"supervisord: can't find command {_unmark(words[0] if words else '')!r}")


def _script_of(words: list[str]) -> str:
    for option, script in pairwise(words):
        if re.fullmatch(r"-[a-z]*c", option):
            return script
    raise BootError(f"emulator: {words[0]} without -c runs a file that the emulator cannot read")


def _run_script(shell: _Shell, script: str) -> Invocation:
    lexer = shlex.shlex(script, posix=True, punctuation_chars=";&|\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    simple: list[str] = []
    for token in [*lexer, ";"]:
        if not token or token.strip(";&|\n"):
            simple.append(token)
            continue
        if simple and (started := _run_simple(shell, simple)):
            return started
        simple = []
    raise BootError("emulator: the start command ends without starting text-embeddings-router")


def _run_simple(shell: _Shell, words: list[str]) -> Invocation | None:
    if words[0] == "export":
        shell.exported.update(word.partition("=")[0] for word in words[1:])
        words = [word for word in words[1:] if _ASSIGNMENT.fullmatch(word)]
    local: dict[str, str] = {}
    while words and (words[0] in ("exec", "env") or _ASSIGNMENT.fullmatch(words[0])):
        if match := _ASSIGNMENT.fullmatch(words[0]):
            local[match[1]] = shell.expand(match[2])
        words = words[1:]
    if not words:
        shell.variables.update(local)
        return None
    if _ROUTER.fullmatch(words[0]):
        return _start(shell, words, shell.environment | local)
    if words[0].rpartition("/")[2] == "truss-transfer-cli":
        shell.transfers_cache = True
    elif words[0] not in _HARMLESS:
        raise BootError(f"emulator: cannot run {_unmark(words[0])!r} of the start command")
    return None


def _start(shell: _Shell, words: list[str], environment: dict[str, str]) -> Invocation:
    match = _ROUTER.fullmatch(words[0])
    program = match[1] if match else words[0]
    arguments = [shell.expand(word) for word in words[1:]]
    return Invocation(program, arguments, environment, shell.transfers_cache)


def _mark_secrets(text: str) -> str:
    """Replace secret files by one-word marks, so that splitting never sees a value."""
    return _SECRET_FILE.sub(lambda match: f"\x01{match[1] or match[2]}\x01", text)


def _unmark(text: str) -> str:
    return _PLACEHOLDER.sub(r"$(cat /secrets/\1)", text)
