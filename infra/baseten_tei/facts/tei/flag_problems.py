"""A command line as the router of one release would read it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from baseten_tei.errors import did_you_mean, redact
from baseten_tei.facts.tei import flags
from baseten_tei.facts.tei.releases import OLDEST, TABLE, at_least

Kind = Literal["unknown", "form", "conflict"]


_NUMBERS = flags.NUMBERS | {
    "port", "tokenization-workers", "max-concurrent-requests", "max-batch-tokens", "max-client-batch-size",
}  # fmt: skip
_PORTS, _LAST_PORT = ("port", "prometheus-port"), 65535
_ORIGIN = "cors-allow-origin"
_CHOICES = {
    "dtype": ("float16", "float32"),
    "pooling": tuple(TABLE["poolings"]),
    "auto-truncate": ("true", "false"),
}
_CONFLICTS = (("default-prompt", "default-prompt-name"), ("hf-token", "hf-api-token"))


@dataclass(frozen=True)
class FlagProblem:
    """One word of a command line that the router would stop at (clap, exit code 2)."""

    kind: Kind
    flag: str
    message: str
    fix: str


def find_flag_problems(words: Iterable[str], tei_version: str) -> Iterator[FlagProblem]:
    """Yield what the router of a release would refuse; `words` are its arguments: `--name` or `--name=value`."""
    seen: list[str] = []
    for name, value in flags.split_flags(map(redact, words)):
        since = flags.FLAGS.get(name)
        if since is None or (since != OLDEST and not at_least(tei_version, since)):
            yield _unknown(name, since, tei_version)
        elif problem := _form_problem(name, value, tei_version):
            yield FlagProblem("form", name, *problem)
        if name in seen and name not in flags.REPEATABLE:
            fix = (
                f"write {flags.OURS[name]}: … instead"
                if name in flags.OURS
                else "leave one of them out"
            )
            yield FlagProblem("conflict", name, f"--{name} is given twice", fix)
        seen.append(name)
    for one, other in _CONFLICTS:
        if one in seen and other in seen:
            both = f"--{one} and --{other} exclude each other"
            yield FlagProblem("conflict", one, both, "leave one of them out")


def _unknown(name: str, since: str | None, tei_version: str) -> FlagProblem:
    if since is None:
        fix = f"leave it out.{did_you_mean(name, flags.FLAGS)}".removesuffix(".")
        return FlagProblem("unknown", name, f"TEI has no flag --{name}", fix)
    return FlagProblem(
        "unknown",
        name,
        f"--{name} came with TEI {since}, and the image is {tei_version}",
        f"leave it out, or write tei_version: {since}",
    )


def _form_problem(name: str, value: str | None, tei_version: str) -> tuple[str, str] | None:
    """Message and fix, where a flag's value is not of the form that this release takes."""
    takes_none = name in flags.SWITCHES or name == "auto-truncate"
    if value is None:
        return None if takes_none else (f"--{name} needs a value", f"write --{name}=VALUE")
    if name in flags.SWITCHES:
        return f"--{name} takes no value", f"write --{name}"
    if name == "auto-truncate" and not at_least(tei_version, "1.9.2"):
        return f"--{name} takes no value before TEI 1.9.2", "write auto_truncate: true or false"
    if name in _NUMBERS and not re.fullmatch(r"\+?0*[1-9][0-9]{0,17}", value):
        return f"--{name} {value!r} is not a number above 0", f"write --{name}=<number>"
    if name in _PORTS and int(value) > _LAST_PORT:
        return (
            f"--{name} {value} is above {_LAST_PORT}",
            f"write --{name}=<number>, at most {_LAST_PORT}",
        )
    if name == _ORIGIN and not re.fullmatch(r"[\t\x20-\x7e]*", value):
        return (
            f"--{name} {value!r} is not ASCII text, and the router panics",
            f"write --{name}=https://<host>",
        )
    if name in _CHOICES and value not in _CHOICES[name]:
        known = ", ".join(_CHOICES[name])
        return f"--{name} {value!r} is not known", f"write one of {known}"
    return None
