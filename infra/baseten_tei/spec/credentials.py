"""Credentials in a model's spec: refused, for a spec is written in clear to truss_configs/, the state and Baseten."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

from baseten_tei.errors import HUGGING_FACE, kind_of_secret, redact
from baseten_tei.spec.hf_token import FROM_ENV, TOKEN_KEY

LEAK_RULE = "TEI-SEC-004"
"""The id of the rule that a secret in a spec breaks; it is looked for before there is a spec to check."""
TOKEN_PLACE = f"write gated: true, and beside the models {TOKEN_KEY}: {FROM_ENV}"
KEY_PLACE = "export BASETEN_API_KEY in the shell of `pulumi` instead"
SECRET_PLACE = "keep the value as a secret of Baseten (https://app.baseten.co/settings/secrets)"  # noqa: S105  # a place, not a secret

_REVOKE: Mapping[str, str] = {
    HUGGING_FACE: f"revoke it (https://huggingface.co/settings/tokens), and {TOKEN_PLACE}",
    "a Baseten API key": f"revoke it (https://app.baseten.co/settings/api_keys), and {KEY_PLACE}",
}
_HUGGING_FACE = r"(?:hf|hugging_?face|hub)(?:_?hub)?(?:_(?:api|access|auth|read))*_(?:token|key)"
_BASETEN = r"(?:baseten|truss)_(?:(?:api|access|auth)_)*(?:key|token)"
_VENDOR = re.compile(
    rf"{_HUGGING_FACE}|{_BASETEN}|api_?key|aws_(?:secret_access_key|session_token)"
)
_TOKEN = re.compile(rf"{_HUGGING_FACE}|(?:access_|auth_|api_|read_)?token|access_key")
_KEY = re.compile(rf"{_BASETEN}|api_?key")
_OTHER = re.compile(
    r"(?:\w+_)?(?:secrets?|passwords?|passwd|passphrase|credentials?|bearer|token"
    r"|(?:api|access|secret|private)_?key)"
)
_CLOSE = 0.85
"""`max_batch_token` is a slip for a key that is known; `hf_token` is none."""
_LONGEST = 120

Path = tuple[object, ...]


def is_secure(value: object) -> TypeGuard[Mapping[str, str]]:
    """Return whether this is what Pulumi writes for an encrypted value: `{secure: …}` and nothing beside it."""
    return (
        isinstance(value, Mapping)
        and list(value) == ["secure"]
        and isinstance(value["secure"], str)
    )


def right_place(key: str, known: Iterable[str] = ()) -> str | None:
    """Return where the credential that a key is named after belongs; `None` for another key.

    A name that is close to one of `known` is a slip of that one.
    """
    name = normal_name(key)
    if not _OTHER.fullmatch(name) and not _VENDOR.fullmatch(name):
        return None
    if difflib.get_close_matches(name, known, 1, _CLOSE):
        return None
    if _KEY.fullmatch(name):
        return f"Baseten's API key must not be in a file: {KEY_PLACE}"
    if _TOKEN.fullmatch(name):
        return f"the Hugging Face token must not be in a spec: {TOKEN_PLACE}"
    return (
        f"a secret must not be in a spec: {SECRET_PLACE}; for the Hugging Face token {TOKEN_PLACE}"
    )


def is_vendor_key(name: str) -> bool:
    """Return whether a variable or label is called as a well-known credential is, e.g. `HF_TOKEN`."""
    return _VENDOR.fullmatch(normal_name(name)) is not None


def models_problems(models: object) -> list[str]:
    """Return a line for each encrypted value, and each value that looks like a credential, in a stack's models."""
    if is_secure(models):
        return [f"{LEAK_RULE} baseten-tei:models is {_ENCRYPTED}: {_DECRYPT}"]
    if not isinstance(models, Mapping):
        return []
    return [line for name, spec in models.items() for line in spec_problems(name, spec)]


def spec_problems(name: object, spec: object) -> list[str]:
    """Return the same for one model: each line names model and key, and never shows the value."""
    model = model_label(name)
    found = find_secrets(name, spec)
    return [redact(f"model {model!r}: {LEAK_RULE} {said}: {todo}") for said, todo in found]


def find_secrets(name: object, spec: object) -> list[tuple[str, str]]:
    """Return what is said of each encrypted value and credential of one model, and what to do; never the value."""
    found = [problem for path, value in walk_values(spec) if (problem := _problem(path, value))]
    if kind := kind_of_secret(str(name)):
        found.insert(0, (f"its name holds {kind}", _todo(kind)))
    return found


def model_label(name: object) -> str:
    """Return a model's name as it may be shown."""
    return redact(_short(str(name)))


def walk_values(value: object) -> Iterator[tuple[Path, object]]:
    """Yield each value inside a value with its path, in order; in a loop, for a file may be 2,000 levels deep."""
    waiting: list[tuple[Path, object]] = [((), value)]
    while waiting:
        path, current = waiting.pop()
        yield path, current
        if isinstance(current, Mapping) and not is_secure(current):
            waiting += [((*path, key), inner) for key, inner in reversed([*current.items()])]
        elif isinstance(current, list | tuple):
            waiting += [((*path, n), inner) for n, inner in reversed([*enumerate(current)])]


def format_path(path: Path) -> str:
    """Return a path as a reader writes it: `env.FOO`, `extra_flags[0]`; shortened, and without a credential."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return _short(redact("".join(steps).removeprefix(".")))


_ENCRYPTED = "an encrypted value (`secure:`), which would be written in clear to truss_configs/ and the state"
_DECRYPT = f"remove it, and {SECRET_PLACE}; for the Hugging Face token {TOKEN_PLACE}"


def _problem(path: Path, value: object) -> tuple[str, str] | None:
    if is_secure(value):
        return f"{format_path(path) or 'its spec'} is {_ENCRYPTED}", _DECRYPT
    for text in (value, path[-1] if path else None):
        if isinstance(text, str) and (kind := kind_of_secret(text)):
            return f"{format_path(path)} holds {kind} in clear", _todo(kind)
    return None


def _todo(kind: str) -> str:
    return f"remove it, {_REVOKE.get(kind, f'revoke it, and {SECRET_PLACE}')}"


def normal_name(key: str) -> str:
    """Return one name for `hfToken`, `--hf-token` and `HF_TOKEN`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", key.lstrip("-")).lower()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
