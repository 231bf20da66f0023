"""The JSON files that stand beside their readers; which release a row is of: `releases.rows_of`."""

import json
from pathlib import Path
from typing import Any


def read_rows(path: Path) -> Any:
    """Return the data of a JSON file of ours."""
    return json.loads(path.read_text("utf-8"))
