"""YAML whose texts are in double quotes: no reader takes one for a number, a date or an alias."""

from collections.abc import Callable, Mapping
from typing import Any

import yaml

Text = Callable[[str], str]

_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


class _Quoted(str):
    """A text that is shown in double quotes."""


class _Dumper(yaml.SafeDumper):
    """Shows a repeated value again, rather than an alias of it."""

    def ignore_aliases(self, data: Any) -> bool:
        """Of nothing."""
        del data
        return True


_Dumper.add_representer(
    _Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), '"')
)


def yaml_text(document: Mapping[str, Any], text: Text = str) -> str:
    """Return a document as YAML; `text` renders each text in it that is not a key."""
    return yaml.dump(
        _quote(document, text), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31
    )


def _quote(value: Any, text: Text) -> Any:
    match value:
        case str():
            return _Quoted(text(value))
        case Mapping():
            return {_key(key): _quote(inner, text) for key, inner in value.items()}
        case list():
            return [_quote(inner, text) for inner in value]
    return value


def _key(key: str) -> str:
    """A name that may be a number or a boolean to some reader is quoted, too."""
    return key if key.isidentifier() and key.lower() not in _WORDS else _Quoted(key)
