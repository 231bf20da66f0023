"""A stack's outputs in the formats that other tools read. Every value is escaped, or refused; none is secret."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.outputs.formats.variables import plain, variables
from baseten_tei.outputs.formats.yaml_text import yaml_text
from baseten_tei.outputs.types import StackOutputs

KEY_VARIABLE = "BASETEN_API_KEY"
"""Where the client and Baseten's own SDKs look for a key."""
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
"""What means itself everywhere, without quotes."""
_DISPUTED = re.compile(r"['$`\x00-\x1f\x7f]|\\[\\']")
"""What readers of dotenv files take for different things, even in single quotes."""


def _json(outputs: StackOutputs, stack: str) -> str:
    """The contract, and nothing else that the program exports."""
    del stack
    return json.dumps(plain(outputs), indent=2) + "\n"


def _dotenv(outputs: StackOutputs, stack: str) -> str:
    """For shells, python-dotenv, `node --env-file` and Docker Compose alike."""
    del stack
    return "".join(f"{name}={_quote(name, text)}\n" for name, text in variables(outputs).items())


def _github(outputs: StackOutputs, stack: str) -> str:
    """For `>> "$GITHUB_ENV"` or `"$GITHUB_OUTPUT"` (GitHub docs: workflow commands, multiline strings)."""
    del stack
    return "".join(f"{name}{_delimit(text)}\n" for name, text in variables(outputs).items())


def _kubernetes(outputs: StackOutputs, stack: str) -> str:
    """A ConfigMap, for `envFrom`."""
    return _manifest("ConfigMap", stack, {"data": variables(outputs)})


def _kubernetes_with_key(outputs: StackOutputs, stack: str, key: str) -> str:
    """A ConfigMap and a Secret of the same name, each for `envFrom`."""
    secret = _manifest("Secret", stack, {"type": "Opaque", "stringData": {KEY_VARIABLE: key}})
    return f"{_kubernetes(outputs, stack)}---\n{secret}"


def _manifest(kind: str, stack: str, content: Mapping[str, Any]) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", f"baseten-tei-{stack}".lower()).strip("-")[:253]
    head = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
    return yaml_text({**head, **content})


def _esc(outputs: StackOutputs, stack: str) -> str:
    """A Pulumi ESC environment. `$$` is its `$` (pulumi/esc, ast: parseInterpolate)."""
    del stack
    return _environment(outputs, {})


def _esc_with_key(outputs: StackOutputs, stack: str, key: str) -> str:
    """The same with the key as a secret, which ESC encrypts when it takes the file."""
    del stack
    return _environment(outputs, {KEY_VARIABLE: {"fn::secret": key}})


def _environment(outputs: StackOutputs, more: Mapping[str, Any]) -> str:
    named = {**variables(outputs), **more}
    values = {"baseten_tei": plain(outputs), "environmentVariables": named}
    return yaml_text({"values": values}, lambda text: text.replace("$", "$$"))


FORMATS: Mapping[str, Callable[[StackOutputs, str], str]] = MappingProxyType(
    {
        "json": _json,
        "dotenv": _dotenv,
        "github": _github,
        "kubernetes": _kubernetes,
        "esc": _esc,
    }
)
"""The text of a stack's outputs, by the format's name. Each raises `UserError` for what it cannot hold."""


FORMATS_WITH_KEY: Mapping[str, Callable[[StackOutputs, str, str], str]] = MappingProxyType(
    {"kubernetes": _kubernetes_with_key, "esc": _esc_with_key}
)
"""The same, with a whole API key in them: only formats that have a place for what is secret."""


def _quote(name: str, text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    if found := _DISPUTED.search(text):
        raise UserError(
            f"{name} holds {found.group()!r}, which readers of dotenv files differ about: "
            "take --format json, or github, kubernetes, esc"
        )
    return f"'{text}'"


def _delimit(text: str) -> str:
    """A text as the runner reads it: no line of it can end it, for it cannot hold its own hash."""
    if _PLAIN.fullmatch(text):
        return f"={text}"
    end = f"end_{sha256(text.encode()).hexdigest()}"
    return f"<<{end}\n{text}\n{end}"
