"""Where a stack's Hugging Face token comes from: its configuration, or a variable."""

import re
from collections.abc import Mapping

from baseten_tei.errors import UserError, looks_like_a_token

NAME = "hf_access_key"
"""The key below `baseten-tei:` in the stack's configuration, and the secret's name on Baseten."""

VARIABLE = "HF_ACCESS_KEY"
"""Where it comes from when the configuration has none."""

FROM_ENV = "{from_env: HF_TOKEN}"
"""What to write: the token is then in no file and in no state."""


def named_variable(configured: object) -> str | None:
    """The variable that `hf_access_key: {from_env: NAME}` names; `None` for what is no mapping.

    Raises `UserError` for another mapping, and for a name that no variable has: a token may stand there.
    """
    if not isinstance(configured, Mapping):
        return None
    name = configured.get("from_env")
    if list(configured) == ["from_env"] and isinstance(name, str) and name:
        return _variable(name)
    raise UserError(
        f"baseten-tei:{NAME} must be a secret, or name the variable that holds it: write "
        f"{NAME}: {FROM_ENV}"
    )


def _variable(name: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and not looks_like_a_token(name):
        return name
    raise UserError(
        f"baseten-tei:{NAME}: from_env takes the name of a variable, and this is not one (it is not shown, as it "
        f"may be a token): write {NAME}: {FROM_ENV}, and keep the token in that variable"
    )
