"""Where a stack's Hugging Face token comes from: its configuration, or a variable."""

import re
from collections.abc import Mapping

from baseten_tei.errors import UserError, looks_like_a_token

SECRET_NAME = "hf_access_key"  # noqa: S105  # a name, not a value
"""The secret's name on Baseten, and the key below `baseten-tei:` in a stack's configuration.

Truss's own default is `hf_access_token`, so every config that needs the token names ours.
"""

TOKEN_KEY = f"baseten-tei:{SECRET_NAME}"
"""The whole key in a stack's configuration."""

VARIABLE = "HF_ACCESS_KEY"
"""Where it comes from when the configuration has none."""

FROM_ENV = "{from_env: HF_TOKEN}"
"""What to write: the token is then in no file and in no state."""


def token_variable(configured: object) -> str | None:
    """Return the variable that `hf_access_key: {from_env: NAME}` names; `None` for what is not a mapping.

    Raises `UserError` for another mapping, and for a name that no variable has: a token may stand there.
    """
    if not isinstance(configured, Mapping):
        return None
    name = configured.get("from_env")
    if list(configured) == ["from_env"] and isinstance(name, str) and name:
        return _variable(name)
    raise UserError(
        f"{TOKEN_KEY} must be a secret, or name the variable that holds it: write "
        f"{SECRET_NAME}: {FROM_ENV}"
    )


def _variable(name: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and not looks_like_a_token(name):
        return name
    raise UserError(
        f"{TOKEN_KEY}: from_env takes the name of a variable, and this is not one (it is not shown, as it "
        f"may be a token): write {SECRET_NAME}: {FROM_ENV}, and keep the token in that variable"
    )
