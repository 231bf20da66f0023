"""Reading a start command back: whoever wrote it, a shell script or plain words, as the router's flags.

The forms are those of Baseten's public TEI examples (truss-examples) and of `command`, which writes ours.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from baseten_tei.deployment.read_back.shell_script import SECRET_MARK, Script, read_script
from baseten_tei.facts.tei.flags import SWITCHES

ROUTERS = frozenset({"text-embeddings-router", "entrypoint.sh"})
"""Programs that start TEI: the router, and the script that the GPU images of 1.9.1 and newer start it with."""

_ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
_SHORT = {"-p": "port"}


@dataclass(frozen=True)
class RouterCommand:
    """What a start command comes to: flags by name (`None` for a bare one), and what else its script does."""

    flags: Mapping[str, str | None]
    environment: Mapping[str, str]
    """Variables that the script sets for the router."""
    before: tuple[str, ...] = ()
    """Commands that run first."""
    secrets: tuple[str, ...] = ()
    """Baseten secrets whose files the script reads."""
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All values of a flag that is given more than once, as `--cors-allow-origin` may be."""


def read_command(command: str, environment: Mapping[str, str]) -> RouterCommand | str:
    """Return the router's command, or why it cannot be read; `environment` is the container's."""
    try:
        script = read_script(command)
    except ValueError as error:
        return f"start_command cannot be read ({error})"
    known = dict(environment)
    before: list[list[str]] = []
    for words in script.commands:
        assigned, rest = _assignments(script, words, known)
        known |= assigned
        if rest and rest[0].rpartition("/")[2] in ROUTERS:
            own = {k: script.plain(v) for k, v in known.items() if environment.get(k) != v}
            return _router(script, rest[1:], known, own, before)
        before += [rest] if rest else []
    first = before[0][0] if before else ""
    return f"start_command starts {first!r}, not text-embeddings-router"


def _router(
    script: Script,
    words: Iterable[str],
    known: Mapping[str, str],
    own: Mapping[str, str],
    before: Iterable[Iterable[str]],
) -> RouterCommand | str:
    filled = [script.fill(word, known) for word in words]
    if unknown := next((word for word in filled if script.is_open(word)), None):
        return f"start_command holds {unknown!r}, which only its container can fill in"
    pairs = [(name, value and script.plain(value)) for name, value in _pairs(filled)]
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value or "")
    repeated = {name: tuple(values) for name, values in given.items() if len(values) > 1}
    secrets = (it for each in script.commands for word in each for it in SECRET_MARK.findall(word))
    first = (script.plain(SECRET_MARK.sub(r"[secret \1]", shlex.join(it))) for it in before)
    return RouterCommand(dict(pairs), own, tuple(first), tuple(dict.fromkeys(secrets)), repeated)


def _assignments(
    script: Script, words: Iterable[str], known: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """`NAME=value` before a command (or after `export`), and the command itself."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        if match := _ASSIGNMENT.fullmatch(rest[0]):
            found[match[1]] = script.fill(match[2], {**known, **found})
        elif rest[0] not in ("export", "exec", "env"):
            break
        rest.pop(0)
    return found, rest


def _pairs(words: list[str]) -> Iterator[tuple[str, str | None]]:
    """`--name=value`, `--name value`, `--name` and `-p value`, as clap reads them."""
    rest = list(reversed(words))
    while rest:
        name, equals, value = rest.pop().partition("=")
        name = _SHORT.get(name, name.removeprefix("--"))
        if equals:
            yield name, value
        elif rest and _takes(name, rest[-1]):
            yield name, rest.pop()
        else:
            yield name, None


def _takes(name: str, following: str) -> bool:
    """Whether the next word is this flag's value; --auto-truncate may come without one."""
    if name == "auto-truncate":
        return following in ("true", "false")
    return name not in SWITCHES and not following.startswith("--")
