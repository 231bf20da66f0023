"""A reader of outputs as `pulumi stack output --json` printed them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from baseten_tei.errors import UserError
from baseten_tei.facts.files.formats import OUTPUTS, check_format
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.outputs.types import StackOutputs, with_baseten_id
from baseten_tei.spec.names import model_name_problem

_HOW = "run `pulumi up`, then `pulumi stack output --json`"


def parse_outputs(text: str) -> StackOutputs:
    """Return the contract's part of them, without what else the program exports. Raise `UserError`, a line each."""
    try:
        document = decode_json(text)
        check_format(OUTPUTS, document)
        outputs = StackOutputs.model_validate(document)
    except ValueError as error:
        raise UserError(*_problems(error)) from error
    if problems := [it for it in map(_name_problem, outputs.models) if it]:
        raise UserError(*problems)
    return outputs


def parse_models(text: str) -> dict[str, Mapping[str, Any]]:
    """Return each model's outputs, from the stack's output `models` alone. Raise `UserError`."""
    try:
        models = decode_json(text)
    except ValueError as error:
        raise UserError(*_problems(error)) from error
    if isinstance(models, dict) and all(map(_is_whole, models.values())):
        return {name: with_baseten_id(outputs) for name, outputs in models.items()}
    raise UserError(f"the stack's output `models` is not whole: {_HOW}")


def _is_whole(outputs: Any) -> bool:
    """Return whether these are a model's outputs, as far as it takes to call it."""
    wanted = ("baseten_id", "environment", "task")
    return isinstance(outputs, dict) and all(
        isinstance(with_baseten_id(outputs).get(key), str) for key in wanted
    )


def _name_problem(name: str) -> str | None:
    return model_name_problem(name, "the name of a model")


def _problems(error: ValueError) -> list[str]:
    if not isinstance(error, ValidationError):
        return [f"these outputs are not valid JSON ({error}): {_HOW}"]
    return [
        f"these outputs are not whole: {'.'.join(map(str, it['loc'])) or 'all of it'}: {it['msg'].lower()}: {_HOW}"
        for it in error.errors()
    ]
