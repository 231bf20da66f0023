"""`verified/<stack>/<model>.json`: what a verification of a `next` found, committed with the change that it allows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.formats import VERIFICATION, check_format
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import read_text_if_there

FOLDER = "verified"


def verification_path(stack: str, resource: str) -> str:
    """Return where the record of a model stands, from the project's root; its page is beside it."""
    return f"{FOLDER}/{stack}/{resource}.json"


def parse_verification(text: str) -> Mapping[str, Any]:
    """Return a record. Raises `UserError` for what is not one."""
    record = parse_json(text)
    check_format(VERIFICATION, record)
    if not _is_record(record):
        raise UserError("is not a record of `baseten-tei space verify`: run it again")
    found: Mapping[str, Any] = record
    return found


def read_verification(root: Path, stack: str, resource: str) -> Mapping[str, Any] | None:
    """Return the record of a model; `None` where there is none. Raises `UserError` for what is not a record."""
    path = verification_path(stack, resource)
    text = read_text_if_there(root / path, path)
    if text is None:
        return None
    with naming(path):
        return parse_verification(text)


def read_verifications(root: Path, stack: str) -> dict[str, Mapping[str, Any]]:
    """Return every record of a stack by the model's resource."""
    names = sorted(it.stem for it in (root / FOLDER / stack).glob("*.json"))
    records = {name: read_verification(root, stack, name) for name in names}
    return {name: it for name, it in records.items() if it is not None}


def _is_record(record: Any) -> bool:
    """Return whether it has what is read of it."""
    if not isinstance(record, Mapping) or not isinstance(record.get("checks"), list):
        return False
    figures = record.get("figures")
    space = figures.get("new_space") if isinstance(figures, Mapping) else None
    return isinstance(space, Mapping) and isinstance(record.get("passed"), bool)
