"""One reader of YAML: what our commands read is what Pulumi's engine hands the program.

`engine_yaml.json` is the engine's side, recorded from Pulumi 3.259.0: the text that a program gets of
`baseten-tei:models` (`null` where it is not there), or the engine's refusal. tests/engine reads some again.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.errors import UserError
from baseten_tei.project.stack_values import decode_value, parse_stack_file

SAMPLES = json.loads(
    (Path(__file__).parents[2] / "support" / "engine_yaml.json").read_text(encoding="utf-8")
)
MODELS = "baseten-tei:models"
REFUSED = object()
STRICTER = {"dup short and long key", "models both long"}
"""Two spellings of one key, of which the engine takes one."""


def ours(text: str) -> Any:
    """What our commands read of a stack's models; an empty key is none."""
    try:
        return decode_value(parse_stack_file(text, "baseten-tei").config.get(MODELS), MODELS)
    except UserError:
        return REFUSED


def of_the_program(sample: dict[str, Any]) -> Any:
    return REFUSED if "refused" in sample else decode_value(sample["models"], MODELS)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it["name"])
def test_commands_and_program_read_one_value(sample: dict[str, Any]) -> None:
    expected = REFUSED if sample["name"] in STRICTER else of_the_program(sample)
    read = ours(sample["text"])
    assert read == expected
    assert kinds(read) == kinds(expected)  # 1 is True and 1.0 to Python, and neither to a spec


def kinds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: kinds(inner) for key, inner in value.items()}
    return [kinds(it) for it in value] if isinstance(value, list) else type(value)
