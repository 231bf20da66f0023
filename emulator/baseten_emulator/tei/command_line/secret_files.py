"""Secrets as files under /secrets. Baseten treats `hf-access-key` and `hf_access_key` as one name.

Source: Baseten docs, organization/secrets.
"""

from __future__ import annotations

from collections.abc import Mapping


def read_secret(secrets: Mapping[str, str], name: str) -> str | None:
    """The value of a secret by either spelling of its name; None when it is not mounted."""
    wanted = _normalised(name)
    return next((value for key, value in secrets.items() if _normalised(key) == wanted), None)


def _normalised(name: str) -> str:
    return name.strip().replace("-", "_").lower()
