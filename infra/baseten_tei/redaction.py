"""Keeping secrets out of every text that leaves us: messages, logs, error tails."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

MASK = "[secret]"
_AUTHORIZATION = re.compile(r"(?i)\b(Api-Key|Bearer)\s+[^\s'\",}]+")
_SHORTEST = 4
"""A shorter "secret" would mask ordinary words and hides nothing worth hiding."""

HUGGING_FACE = "a Hugging Face token"
KINDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        HUGGING_FACE: re.compile(r"(?:hf_|api_org_)[A-Za-z0-9]{16,}"),
        "a Baseten API key": re.compile(r"(?<![\w.-])[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}(?![\w.-])"),
        "a Pulumi access token": re.compile(r"pul-[0-9a-f]{40}"),
        "a GitHub token": re.compile(r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}"),
        "a GitLab token": re.compile(r"glpat-[\w-]{20,}"),
        "an AWS access key": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
        "an OpenAI or Anthropic key": re.compile(
            r"(?<!\w)sk-(?=[\w-]*[0-9])(?=[\w-]*[A-Z])[\w-]{32,}"
        ),
        "a Google API key": re.compile(r"AIza[\w-]{35}"),
        "a Slack token": re.compile(r"xox[abeoprs]-[\w-]{10,}"),
        "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.)*?(?:-----END|\Z)"),
        "a URL with a password": re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"),
    }
)
"""What a credential looks like, by the name that messages give its kind."""
_ANY = re.compile("|".join(form.pattern for form in KINDS.values()))


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return `text` without the given secrets, authorization headers, and whatever looks like a credential.

    A secret read from a file often ends in a line break that no text repeats: it is masked without it.
    """
    for secret in secrets:
        if secret and len(secret.strip()) >= _SHORTEST:
            text = text.replace(secret.strip(), MASK)
    return _ANY.sub(MASK, _AUTHORIZATION.sub(rf"\1 {MASK}", text))


def kind_of_secret(value: str) -> str | None:
    """Return what kind of credential a value looks like, e.g. `a Hugging Face token`; `None` for other text."""
    if not _ANY.search(value):
        return None
    return next(kind for kind, form in KINDS.items() if form.search(value))


def looks_like_a_token(value: str) -> bool:
    """Whether a value has the form of a credential."""
    return kind_of_secret(value) is not None


def is_sendable(key: str) -> bool:
    """Whether a key or token can stand in an HTTP header: visible ASCII, without spaces."""
    return key.isascii() and key.isprintable() and " " not in key
