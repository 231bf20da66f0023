"""An API key in a stack's outputs, decrypted: read through a pipe, never an argument, and passed on to one caller."""

from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.outputs.formats.key_rules import require_key
from baseten_tei.project import pulumi_cli


def read_key(root: Path, stack: str, name: str) -> str:
    """Return the key that a secret output holds. Raises `UserError`, without the value."""
    told = pulumi_cli.run(root, stack, "stack", "output", "--json", "--show-secrets")
    try:
        value = parse_json(told)[name]
    except (UserError, LookupError, TypeError):
        value = None
    return require_key(value, name, stack)
