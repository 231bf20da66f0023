"""The stack's secret, as its configuration and the environment name it: what `stack` registers."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.spec.hf_token import VARIABLE, token_variable


def token_source(configured: object) -> dict[str, Any] | None:
    """Return what the configuration says of the token, without its value: `from_env`, nothing, or `None` without any.

    Raises `UserError` for a mapping without the name of a variable.
    """
    if not isinstance(configured, Mapping):
        return None if configured is None else {}
    if "secure" in configured:
        return {}
    return {"from_env": token_variable(configured)}


def token_inputs(source: Mapping[str, Any] | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the inputs that say where the token comes from; none where its value is in the configuration.

    Raises `UserError` where there is no token.
    """
    if source is not None:
        return dict(source)
    if environ.get(VARIABLE, "").strip():
        return {"from_env": VARIABLE}
    raise UserError(
        f"a model is gated and there is no Hugging Face token: export {VARIABLE}, as `pulumi preview` will say"
    )
