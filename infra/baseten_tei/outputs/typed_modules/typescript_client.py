"""The typed client that a TypeScript module may have with it: its parts, in their order, as one text."""

from importlib import resources

_PARTS = resources.files(__package__) / "client"


def typescript_client() -> str:
    """Return the client's text, which uses the types of the module before it."""
    names = sorted(it.name for it in _PARTS.iterdir() if it.name.endswith(".ts"))
    return "\n".join((_PARTS / name).read_text(encoding="utf-8") for name in names)
