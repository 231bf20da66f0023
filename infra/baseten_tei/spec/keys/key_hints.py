"""What to write for a key that a spec does not have: by its meaning first, then by its letters."""

import difflib
import json
import re
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from baseten_tei.spec.args import NESTED, EmbeddingArgs, EnvironmentArgs
from baseten_tei.spec.credentials import normal_name, right_place
from baseten_tei.spec.keys.key_tables import key_tables
from baseten_tei.spec.schedules import Schedule

_CLOSE = 0.5
_MAPPINGS: dict[str, type[BaseModel]] = {"": EmbeddingArgs, **NESTED}
_PATHS = {
    name: f"{prefix}.{name}".removeprefix(".")
    for prefix, model in reversed(_MAPPINGS.items())
    for name in model.model_fields
}
"""Name → path of each key in a model's spec; where a name is at two places, the model's own."""


def suggest_key(location: Sequence[str], args: type[BaseModel], given: object) -> str:
    """Return a sentence, with a space before it, that says what to write for the unknown key at `location`."""
    known = _known_keys(location, args)
    word = normal_name(location[-1]).rpartition(".")[2]
    if sentence := right_place(location[-1], known):
        return f" {sentence[:1].upper()}{sentence[1:]}"
    if path := _path_of(word, location):
        value = _value_for(path, word, given)
        return _suggest_beside(path, known, location, value) or _suggest_path(
            path, location, args, value
        )
    if sentence := key_tables().sentences.get(word):
        return f" {sentence.format(number=given if type(given) is int else '…')}"
    names = {**_PATHS, **{name: name for name in known}}
    close = difflib.get_close_matches(word, names, 1, _CLOSE)
    return f" Perhaps you meant {names[close[0]]!r}?" if close else f" Known: {', '.join(known)}"


def _path_of(word: str, location: Sequence[str]) -> str | None:
    """Return the path that a word means; within a schedule, one of a schedule's keys first."""
    path = _PATHS.get(word) or key_tables().keys.get(word)
    name = path.rpartition(".")[2] if path else word
    if _in_schedule(location) and name in Schedule.model_fields:
        return f"autoscaling.schedules.<name>.{name}"
    return path


def _in_schedule(location: Sequence[str]) -> bool:
    return "autoscaling" in location and {"warm", "schedules"} & {*location[:-1]} != set()


def _suggest_beside(path: str, known: Sequence[str], location: Sequence[str], value: str) -> str:
    """Return what to write in a schedule instead of one of its keys; empty for a key that is elsewhere."""
    name = path.rpartition(".")[2]
    if not _in_schedule(location) or not path.startswith("autoscaling.schedules."):
        return ""
    if name in known:
        return f" Write {name}: {value}"
    return f" warm takes days, hours, timezone and min_replica alone: write a schedule, with {name}: {value}"


def _known_keys(location: Sequence[str], args: type[BaseModel]) -> list[str]:
    """Return the keys beside the unknown one."""
    *parents, _ = location
    if parents[:1] == ["environments"]:
        args, parents = EnvironmentArgs, parents[2:]
    if parents[:2] == ["autoscaling", "schedules"]:
        parents[2:] = ["<name>"]
    return list(NESTED.get(".".join(parents), args).model_fields)


def _suggest_path(path: str, location: Sequence[str], args: type[BaseModel], value: str) -> str:
    """Return what to write for a key whose path in a model's spec is known."""
    first, *nested = path.split(".")
    if first not in args.model_fields:
        return " Only task: embedding has it; leave it out"
    for key in reversed(nested):
        value = f"{{{key}: {value}}}"
    if location[0] != "environments":
        where = "" if len(location) == 1 or nested else " beside task"
        return f" Write {first}: {value}{where}"
    if first not in EnvironmentArgs.model_fields:
        return f" It is of the model, not of an environment: write {first}: {value} beside task"
    return f" Write {first}: {value} in environments.{location[1]}"


def _value_for(path: str, word: str, given: object) -> str:
    """Return the value that was given where the key at `path` takes it, or one close to it; else an example."""
    prefix, _, name = path.rpartition(".")
    field = _MAPPINGS[prefix].model_fields[name]
    choices = _choices_of(field.annotation)
    if close := difflib.get_close_matches(str(given).lower(), choices, 1, _CLOSE):
        return choices[close[0]]
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
        adapter.validate_python(given, strict=True)
    except ValidationError:
        return key_tables().examples[path][0]
    if "timeout" in word:  # of which the unit is not known
        return key_tables().examples[path][0]
    if isinstance(given, str) and re.fullmatch(r"[A-Za-z][\w./-]*", given):
        return given
    return json.dumps(given, ensure_ascii=False) if isinstance(given, str | int) else "…"


def _choices_of(annotation: object) -> dict[str, str]:
    """Return the words that a field takes, by their small letters, if it takes only some."""
    found: dict[str, str] = {}
    for inner in get_args(annotation):
        found |= {inner.lower(): inner} if isinstance(inner, str) else _choices_of(inner)
    return found
