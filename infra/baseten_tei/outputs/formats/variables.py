"""A stack's outputs as environment variables: every name a shell takes, every value a text."""

import json
from collections.abc import Iterator
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.outputs.flat import environment_prefix, flat_outputs, space_prefix
from baseten_tei.outputs.types import ModelOutputs, StackOutputs
from baseten_tei.spec.names import environment_variable

WHOLE = "BASETEN_TEI_OUTPUTS"
"""Variable that holds all of the outputs, as JSON."""


def variables(outputs: StackOutputs) -> dict[str, str]:
    """Return the flat outputs and `WHOLE`, without what is not known. Raise `UserError` for a name no shell takes."""
    dumped = plain(outputs)
    known = {
        name: text_of(value)
        for name, value in flat_outputs(dumped["models"]).items()
        if value is not None
    }
    for model in outputs.models:
        if environment_variable(model)[0].isdecimal():
            raise UserError(
                f"model {model!r}: no shell takes a variable that begins with a digit: give it another name"
            )
    if problem := _same_prefix(outputs):
        raise UserError(problem)
    return {**known, WHOLE: json_text(dumped)}


def _same_prefix(outputs: StackOutputs) -> str | None:
    """Return what is wrong where the variables of an environment have the names of another's, or of a model's."""
    taken = {environment_variable(it): f"model {it!r}" for it in outputs.models}
    for name, model in outputs.models.items():
        for prefix, what in _prefixes(name, model):
            other = taken.setdefault(prefix, what)
            if other != what:
                return (
                    f"the variables of {other} and of {what} have the same names: give one another name, or take "
                    "--format json"
                )
    return None


def _prefixes(name: str, model: ModelOutputs) -> Iterator[tuple[str, str]]:
    """Yield what the variables of each further environment, and of each model beside it, begin with."""
    for environment in model.environments.keys() - {model.environment}:
        yield (
            environment_prefix(name, environment),
            f"environment {environment!r} of model {name!r}",
        )
    for role in ("next", "previous") if model.spaces else ():
        yield space_prefix(name, role), f"the {role} of model {name!r}"


def plain(outputs: StackOutputs) -> dict[str, Any]:
    """Return the outputs as plain data."""
    return outputs.model_dump(mode="json")


def text_of(value: Any) -> str:
    """Return a value as scripts read it: `true`, not `True`; prompts as JSON in one line."""
    if isinstance(value, dict):
        return json_text(value)
    return value if isinstance(value, str) else json.dumps(value)


def json_text(value: Any) -> str:
    r"""Return JSON in one line that no shell and no reader of dotenv files reads otherwise.

    Quotes, dollars, backticks and backslashes of texts are written as `\u0027` and so on.
    """
    text = json.dumps(value, separators=(",", ":")).replace(r"\\", r"\u005c")
    for character in "'$`":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
