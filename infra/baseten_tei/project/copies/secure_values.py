"""Encrypted values in `Pulumi.<stack>.yaml`, and their placeholders where the passphrase is not known.

Without the passphrase one can only see whether a value changed since the snapshot: its ciphertext did.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from baseten_tei.spec.credentials import is_secure

UNCHANGED = "the secret that the snapshot has"
"""The placeholder of every secret in a snapshot, and of each encrypted value that did not change."""
CHANGED = "a secret that the snapshot does not have"

Path = tuple[str | int, ...]
"""A value's path below `config:`, e.g. `("baseten-tei:hf_access_key",)`."""


def secure_values(config: Mapping[str, Any]) -> dict[str, str]:
    """Return each encrypted value's ciphertext's digest, by its path for `pulumi config set --path`."""
    return {_place(path): _digest(text) for path, text in _secure(config, ())}


def placeholders(config: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """Return the placeholder of each encrypted value, by its path; `known` are the snapshot's digests."""
    return {
        place: UNCHANGED if known.get(place) == digest else CHANGED
        for place, digest in secure_values(config).items()
    }


def without_secure_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stack's file with an empty text for each encrypted value: it needs no passphrase."""
    return {"config": replace_values(config, lambda it: "" if is_secure(it) else it)}


def replace_values(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Return a JSON value with `replace` applied to each part of it; what that changes is not looked into."""
    replaced = replace(value)
    if replaced is value and isinstance(value, Mapping):
        return {key: replace_values(inner, replace) for key, inner in value.items()}
    if replaced is value and isinstance(value, list):
        return [replace_values(inner, replace) for inner in value]
    return replaced


def _secure(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if is_secure(value):
        yield path, value["secure"]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secure(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _secure(inner, (*path, index))


def _place(path: Path) -> str:
    namespace, _, name = str(path[0]).rpartition(":")
    first = name if name.replace("-", "_").isidentifier() else _step(name)
    return f"{namespace}:{first}{''.join(_step(it) for it in path[1:])}"


def _step(part: str | int) -> str:
    quoted = str(part).replace("\\", "\\\\").replace('"', '\\"')
    return f"[{part}]" if isinstance(part, int) else f'["{quoted}"]'


def _digest(ciphertext: str) -> str:
    return hashlib.sha256(ciphertext.encode()).hexdigest()
