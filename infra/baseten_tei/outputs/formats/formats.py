"""A stack's outputs in the formats that other tools read. Every value is escaped, or refused; none is secret."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from types import MappingProxyType

from baseten_tei.errors import UserError
from baseten_tei.outputs.formats.variables import plain, variables
from baseten_tei.outputs.formats.yaml_text import yaml_text
from baseten_tei.outputs.types import StackOutputs

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
    name = re.sub(r"[^a-z0-9]+", "-", f"baseten-tei-{stack}".lower()).strip("-")[:253]
    return yaml_text(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "data": variables(outputs),
        }
    )


def _esc(outputs: StackOutputs, stack: str) -> str:
    """A Pulumi ESC environment. `$$` is its `$` (pulumi/esc, ast: parseInterpolate)."""
    del stack
    values = {"baseten_tei": plain(outputs), "environmentVariables": variables(outputs)}
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
