"""pydantic's errors in the reader's words: which key, which value, what to type."""

from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from baseten_tei.errors import did_you_mean
from baseten_tei.facts.tei.releases import KNOWN
from baseten_tei.spec.args import Accelerator
from baseten_tei.spec.keys.key_hints import suggest_key
from baseten_tei.spec.keys.key_tables import key_tables


def problem_text(details: ErrorDetails, args: type[BaseModel]) -> str:
    """Return one pydantic error of a spec as a line that ends in what to type."""
    location = [str(part) for part in details["loc"]]
    key, given = ".".join(location), details.get("input")
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}.{suggest_key(location, args, given)}"
        case "missing":
            return f"{key} is missing: write {key}: {_example(location)}"
        case "literal_error" if key == "accelerator" and ":" in str(given):
            family = str(given).partition(":")[0]
            return f"accelerator {given!r} asks for several GPUs and TEI uses one: write accelerator: {family}"
        case "string_pattern_mismatch" | "string_type" if key == "tei_version":
            known = ", ".join(f"'{it}'" for it in KNOWN)
            return f"tei_version {given!r} is not known; write {known}, or a later patch of one of these minors."
        case "literal_error":
            gpus = get_args(Accelerator) if key == "accelerator" else ()
            return f"{key} {given!r} is not known; {_suggest_value(details)}.{did_you_mean(str(given), gpus)}"
        case _:
            said = f"{_lower(details['msg'])}, not {given!r} ({kind_of(given)})"
            suggested = _suggest_value(details)
            if details["type"] == "string_type" and _is_of_schedule(location):
                suggested = _example(location)
            return f"{key} {said}: write {key}: {suggested}"


def argument_text(details: ErrorDetails, kind: type[BaseModel]) -> str:
    """Return one pydantic error of an argument in Python as a line that ends in what to write."""
    key, given = str(details["loc"][-1]), details.get("input")
    if hasattr(given, "apply"):
        return f"{key} is an Output, and a spec has to be known in the preview: write a plain value"
    if details["type"] != "extra_forbidden" or "task" in kind.model_fields:
        return problem_text(details, kind)
    known = kind.model_fields  # of a part of a spec: what it is called elsewhere would not help
    return f"unknown key {key!r}.{did_you_mean(key, known) or ' Known: ' + ', '.join(known)}"


def _example(location: list[str]) -> str:
    """Return an example of a key that has to be there, where an ellipsis would help nobody."""
    if location == ["model_id"]:
        return "BAAI/bge-base-en-v1.5"
    if not _is_of_schedule(location):
        return "…"
    place = "autoscaling.warm" if "warm" in location[:-1] else "autoscaling.schedules.<name>"
    return key_tables().examples[f"{place}.{location[-1]}"][0]


def _is_of_schedule(location: list[str]) -> bool:
    """Whether it is a key of a schedule, in whichever environment."""
    inside = location[:-1]
    return inside[-1:] == ["warm"] or inside[-2:-1] == ["schedules"]


def _suggest_value(details: ErrorDetails) -> str:
    context = details.get("ctx") or {}
    if "expected" in context:
        return f"write {context['expected']}"
    for bound in ("ge", "le"):
        if bound in context:
            return str(context[bound])
    kinds = {
        "int_type": "a number",
        "tuple_type": "a list",
        "dict_type": "a mapping",
        "bool_type": "true or false",
        "string_type": "a text in quotes",
    }
    value = details["input"]
    is_number = (
        details["type"] == "string_type" and type(value) is int
    )  # e.g. a revision of digits alone
    return (
        f"a text in quotes, e.g. {str(value)!r}" if is_number else kinds.get(details["type"], "…")
    )


def _lower(message: str) -> str:
    text = message.removeprefix("Input ").replace("valid tuple", "list")
    return text[:1].lower() + text[1:]


def first_problem(error: ValidationError) -> str:
    """Return the first problem of a document as `where: message`, without the value."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])) or "it"
    return f"{where}: {first['msg']}"


def kind_of(value: object) -> str:
    """Return what a value from YAML is, in YAML's words."""
    kinds: dict[type, str] = {
        str: "text", bool: "a boolean", int: "a number", float: "a decimal number", list: "a list",
        tuple: "a list", dict: "a mapping", type(None): "empty",
    }  # fmt: skip
    return kinds.get(type(value), type(value).__name__)
