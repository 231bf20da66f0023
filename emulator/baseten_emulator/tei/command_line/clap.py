"""The command line, read as clap reads it, with what clap says of the rest (exit code 2).

Source: clap 4 and the 1.8.3 and 1.9.3 binaries. The command line wins over the environment.
"""

from collections.abc import Mapping, Sequence

from baseten_emulator.tei.command_line.flags import EXCLUSIVE, Flag, flags_of
from baseten_emulator.tei.outcome import BootError
from baseten_emulator.tei.versions import MODEL_ID_IS_REQUIRED, Version

Values = dict[str, str]

_USAGE = ("", "Usage: text-embeddings-router [OPTIONS]", "", "For more information, try '--help'.")


def parse_flags(
    arguments: Sequence[str], environment: Mapping[str, str], version: Version
) -> Values:
    """Return every flag that has a value: given, from the environment or its default. Raises BootError."""
    known = flags_of(version)
    given = _from_arguments(list(arguments), known)
    ambient = {
        name: environment[flag.environment_name]
        for name, flag in known.items()
        if flag.environment_name in environment
    }
    explicit = ambient | given
    for name, value in explicit.items():
        _check_value(known[name], value)
    _check_conflicts(known, explicit)
    if version >= MODEL_ID_IS_REQUIRED and "model-id" not in explicit:
        raise clap_error(
            "the following required arguments were not provided:", "  --model-id <MODEL_ID>"
        )
    return {name: flag.default for name, flag in known.items() if flag.default} | explicit


def _from_arguments(words: list[str], known: Mapping[str, Flag]) -> Values:
    given: Values = {}
    while words:
        flag, inline = _flag_of(words.pop(0), known)
        if flag.name in given and flag.kind != "list":
            raise clap_error(f"the argument '{flag.usage}' cannot be used multiple times")
        value = _value_of(flag, inline, words)
        earlier = given.get(flag.name)
        given[flag.name] = value if earlier is None else f"{earlier}\n{value}"
    return given


def _flag_of(word: str, known: Mapping[str, Flag]) -> tuple[Flag, str | None]:
    if word.startswith("-p") and not word.startswith("--"):
        return known["port"], word[2:].removeprefix("=") or None
    name, equals, value = word.partition("=")
    flag = known.get(name.removeprefix("--")) if name.startswith("--") else None
    if flag is None:
        raise clap_error(f"unexpected argument '{name}' found")
    return flag, value if equals else None


def _value_of(flag: Flag, inline: str | None, words: list[str]) -> str:
    if flag.kind == "switch":
        if inline is not None:
            raise clap_error(f"unexpected value '{inline}' for '{flag.usage}' found")
        return "true"
    if inline is not None:
        return inline
    has_value = bool(words) and not words[0].startswith("-")
    if flag.kind == "optional":
        return words.pop(0) if has_value else "true"
    if not has_value:
        raise clap_error(f"a value is required for '{flag.usage}' but none was supplied")
    return words.pop(0)


def _check_value(flag: Flag, value: str) -> None:
    if flag.kind in ("usize", "u16"):
        _check_number(flag, value)
    elif flag.kind in ("switch", "optional") and value not in ("true", "false"):
        raise _bad_value(flag, value, "\n  [possible values: true, false]")
    elif flag.choices and value not in flag.choices:
        raise _bad_value(flag, value, f"\n  [possible values: {', '.join(flag.choices)}]")


def _check_number(flag: Flag, value: str) -> None:
    if not value:
        raise _bad_value(flag, value, ": cannot parse integer from empty string")
    digits = value.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise _bad_value(flag, value, ": invalid digit found in string")
    if flag.kind == "u16" and int(value) > 65535:
        raise _bad_value(flag, value, f": {value} is not in 0..=65535")


def _check_conflicts(known: Mapping[str, Flag], given: Values) -> None:
    for one, other in EXCLUSIVE:
        if one in given and other in given:
            raise clap_error(
                f"the argument '{known[one].usage}' cannot be used with '{known[other].usage}'"
            )


def _bad_value(flag: Flag, value: str, why: str) -> BootError:
    return clap_error(*f"invalid value '{value}' for '{flag.usage}'{why}".splitlines())


def clap_error(first: str, *more: str) -> BootError:
    """Return a refusal of the command line, as clap prints it before it exits with code 2."""
    return BootError(f"error: {first}", *more, *_USAGE, exit_code=2)
