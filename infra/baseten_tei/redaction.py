"""Keeping secrets out of every text that leaves us: messages, logs, error tails."""

import re
from collections.abc import Iterable

MASK = "[secret]"
_HF_TOKEN = re.compile(r"hf_[A-Za-z0-9]{16,}")
_AUTHORIZATION = re.compile(r"(?i)\b(Api-Key|Bearer)\s+[^\s'\",}]+")
_SHORTEST = 4
"""A shorter "secret" would mask ordinary words and hides nothing worth hiding."""


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """`text` without the given secrets, without authorization headers, without Hugging Face tokens."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    text = _AUTHORIZATION.sub(rf"\1 {MASK}", text)
    return _HF_TOKEN.sub(MASK, text)


def looks_like_a_token(value: str) -> bool:
    """Whether a value has the form of a Hugging Face token."""
    return bool(_HF_TOKEN.search(value))
