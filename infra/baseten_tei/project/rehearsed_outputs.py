"""Models' outputs as a rehearsed program's components report them: a JSON object a line, of one model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baseten_tei.errors import naming
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import read_text_if_there
from baseten_tei.outputs.types import with_baseten_id

VARIABLE = "BASETEN_TEI_REHEARSAL"
"""Names the file, and says that the program is rehearsed."""


def read_outputs(path: Path) -> dict[str, Mapping[str, Any]]:
    """Return each model's outputs, as the last `up` reported them. Raises `UserError`."""
    text = read_text_if_there(path) or ""
    with naming("the rehearsed models' outputs"):
        found = [parse_json(line) for line in text.splitlines()]
    return {name: with_baseten_id(it) for line in found for name, it in line.items()}
