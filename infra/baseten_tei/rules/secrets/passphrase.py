"""Passphrases that everyone knows: what they encrypt is public."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache

PUBLIC = "dev"
"""What engine/dev-passphrase holds; good for a stack without secrets alone."""
PUBLIC_FILE = "engine/dev-passphrase"
VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"
_ROUNDS = 1_000_000
"""Of PBKDF2 with SHA-256, as Pulumi 3.259 derives its key (`sdk/go/common/resource/config/crypt.go`)."""


def read_passphrase(environ: Mapping[str, str], read: Callable[[str], str]) -> str | None:
    """Return the passphrase that Pulumi takes from an environment; `read` gives a file's text.

    `None` where there is none, or its file cannot be read (Pulumi says so itself).
    """
    if VARIABLE in environ:
        return environ[VARIABLE]
    path = environ.get(FILE_VARIABLE, "")
    if path.endswith(PUBLIC_FILE):
        return PUBLIC
    try:
        return read(path).strip() if path else None
    except (OSError, ValueError):
        return None


def is_guessable(phrase: str | None) -> bool:
    """Return whether whoever holds a stack's file can read what this passphrase encrypts."""
    return phrase is not None and phrase.strip() in ("", PUBLIC)


def has_guessable_passphrase(salt: object) -> bool:
    """Return whether the `encryptionsalt` of a stack's file was made with such a passphrase (0.3 s for each).

    The salt holds a known word, encrypted: `v1:<salt>:v1:<nonce>:<word>`.
    """
    return isinstance(salt, str) and any(_opens(salt, phrase) for phrase in (PUBLIC, ""))


@cache
def _opens(salt: str, phrase: str) -> bool:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        _, own, _, nonce, word = salt.split(":")
        key = hashlib.pbkdf2_hmac("sha256", phrase.encode(), base64.b64decode(own), _ROUNDS, 32)
        AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(word), None)
    except (ValueError, InvalidTag):
        return False
    return True
