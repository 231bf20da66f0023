"""Identifiers, deterministic and as opaque as Baseten's own, and the names of secrets as Baseten compares them."""

import re

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 8
_SPACE = len(_ALPHABET) ** _LENGTH
_STRIDE = 1_160_290_625_341  # odd, not divisible by 3: coprime to 36**8, so no id repeats
_START = 963_184_401_772


def opaque_id(number: int) -> str:
    """Return eight lower-case letters and digits, like Baseten's ids; a different one for each number."""
    value, digits = (_START + number * _STRIDE) % _SPACE, ""
    for _ in range(_LENGTH):
        value, digit = divmod(value, len(_ALPHABET))
        digits += _ALPHABET[digit]
    return digits


def normalise_secret_name(name: str) -> str:
    """Return a secret's name as Baseten compares it: `hf-access-key` equals `hf_access_key` (docs)."""
    return re.sub(r"[^0-9a-zA-Z]", "_", name)
