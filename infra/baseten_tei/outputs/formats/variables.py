"""A stack's outputs as environment variables: every name a shell takes, every value a text."""

import json
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.outputs.flat import flat_outputs
from baseten_tei.outputs.types import StackOutputs
from baseten_tei.spec.names import environment_variable

WHOLE = "BASETEN_TEI_OUTPUTS"
"""Variable that holds all of the outputs but the flat ones, as JSON."""


def variables(outputs: StackOutputs) -> dict[str, str]:
    """The flat outputs and `WHOLE`; what is not known is left out. Raises `UserError` for a name no shell takes."""
    dumped = whole(outputs)
    found = {
        name: text_of(value)
        for name, value in flat_outputs(dumped["models"]).items()
        if value is not None
    }
    for model in outputs.models:
        if environment_variable(model)[0].isdecimal():
            raise UserError(
                f"model {model!r}: no shell takes a variable that begins with a digit: give it another name"
            )
    return {**found, WHOLE: json_text(dumped)}


def whole(outputs: StackOutputs) -> dict[str, Any]:
    """The outputs but the flat ones, as plain data."""
    return outputs.model_dump(mode="json", exclude={"env"})


def text_of(value: Any) -> str:
    """A value as scripts read it: `true`, not `True`."""
    return value if isinstance(value, str) else json.dumps(value)


def json_text(value: Any) -> str:
    r"""JSON in one line that no shell and no reader of dotenv files reads otherwise.

    Quotes, dollars, backticks and backslashes of texts are written as `\u0027` and so on.
    """
    text = json.dumps(value, separators=(",", ":")).replace(r"\\", r"\u005c")
    for character in "'$`":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
