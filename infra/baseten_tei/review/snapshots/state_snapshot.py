"""A snapshot: the output of `pulumi stack export` without anything secret."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baseten_tei.errors import UserError, naming, redact
from baseten_tei.facts.files.formats import SNAPSHOT, check_json_format
from baseten_tei.project.copies.secure_values import UNCHANGED, replace_values
from baseten_tei.spec import type_tokens
from baseten_tei.spec.messages import first_problem

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Marks a special value in Pulumi's state (Pulumi `sdk/go/common/resource/sig`)."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # the mark of a secret, not one
_STORED = {SIGNATURE: SECRET, "plaintext": json.dumps(UNCHANGED)}
_NEEDLESS = ("secrets_providers", "pending_operations")
"""The salt that a passphrase could be guessed with; operations that a preview cannot finish."""
_TRACES = ("sourcePosition", "stackTrace")
"""Paths of the machine where a resource was made."""


class Snapshot(BaseModel):
    """One stack's state at one commit, as its file holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshot: Literal[1] = 1
    stack: str
    commit: str = Field(default="", pattern=r"^([0-9a-f]{40})?$")
    """Empty if it is not known."""
    secure: dict[str, str]
    """The encrypted values of the stack's file at that time, from `secure_values`."""
    version: int
    deployment: dict[str, Any]

    def state(self, salt: str) -> dict[str, Any]:
        """Return what `pulumi stack import` takes into a stack with this salt.

        Without a secrets provider Pulumi 3.259 panics ("attempt to encrypt value").
        """
        provider = {"type": "passphrase", "state": {"salt": salt}}
        return {
            "version": self.version,
            "deployment": {**self.deployment, "secrets_providers": provider},
        }


def snapshot_of(
    exported: Mapping[str, Any],
    *,
    stack: str,
    commit: str,
    secure: Mapping[str, str],
    fingerprint: str,
    known_secrets: Iterable[str],
) -> Snapshot:
    """Return the snapshot of an export. `fingerprint` is the placeholder's, as the Secret resource stores it.

    `known_secrets` and everything that looks like a token are masked; none should be there.
    """
    secrets = tuple(known_secrets)
    deployment = {k: v for k, v in (exported.get("deployment") or {}).items() if k not in _NEEDLESS}
    resources = [_resource(it, fingerprint) for it in deployment.get("resources") or ()]
    return Snapshot(
        stack=stack,
        commit=commit,
        secure=dict(secure),
        version=int(exported.get("version", 3)),
        deployment=replace_values(
            {**deployment, "resources": resources},
            lambda it: redact(it, secrets) if isinstance(it, str) else it,
        ),
    )


def parse_snapshot(text: str, where: str) -> Snapshot:
    """Return the snapshot in a file's text. Raises `UserError` for other texts."""
    with naming(where):
        check_json_format(SNAPSHOT, text)
    try:
        return Snapshot.model_validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"{where} is not a snapshot ({first_problem(error)}): make one with "
            "baseten-tei pr snapshot export"
        ) from error


def _resource(resource: Mapping[str, Any], fingerprint: str) -> dict[str, Any]:
    kept = {
        key: replace_values(it, _without_secret)
        for key, it in resource.items()
        if key not in _TRACES
    }
    outputs = kept.get("outputs")
    if resource.get("type") == type_tokens.SECRET and outputs and outputs.get("fingerprint"):
        kept["outputs"] = {**outputs, "fingerprint": fingerprint}
    return kept


def _without_secret(value: Any) -> Any:
    return _STORED if isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET else value
