"""Where a stack's Hugging Face token comes from: its configuration, or a variable."""

from collections.abc import Mapping

from baseten_tei.errors import UserError

NAME = "hf_access_key"
"""The key below `baseten-tei:` in the stack's configuration, and the secret's name on Baseten."""

VARIABLE = "HF_ACCESS_KEY"
"""Where it comes from when the configuration has none."""


def named_variable(configured: object) -> str | None:
    """The variable that `hf_access_key: {from_env: NAME}` names; `None` for what is no mapping.

    Raises `UserError` for another mapping.
    """
    if not isinstance(configured, Mapping):
        return None
    name = configured.get("from_env")
    if list(configured) == ["from_env"] and isinstance(name, str) and name:
        return name
    raise UserError(
        f"baseten-tei:{NAME} must be a secret, or name the variable that holds it: write "
        f"{NAME}: {{from_env: HF_TOKEN}}"
    )
