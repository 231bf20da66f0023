"""A secret's value on its way through: where it comes from, and what is remembered of it."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import UNKNOWN, Values
from baseten_tei.spec.hf_token import SECRET_NAME
from baseten_tei.spec.names import same_secret


def find_value(inputs: Values, environ: Mapping[str, str]) -> str | None:
    """Return the value that the inputs give, or that their `from_env` names; `None` where it is not there to read.

    A preview in a pull request has no token, and a value may be known to the update only.
    """
    if "from_env" in inputs:
        return environ.get(inputs["from_env"], "").strip() or None
    value = inputs.get("value")
    return None if value == UNKNOWN else value


def require_value(inputs: Values, environ: Mapping[str, str]) -> str:
    """Return `given_value`. Raises `UserError`, without the value, if there is nothing to store."""
    value = find_value(inputs, environ)
    if isinstance(value, str) and value:
        return _whole(value, inputs)
    if "from_env" in inputs:
        variable = inputs["from_env"]
        raise UserError(
            f"secret {inputs['name']!r}: environment variable {variable} is not set: type "
            f"export {variable}=<the value>, then `pulumi up`"
        )
    raise UserError(
        f"secret {inputs['name']!r} has no value: give it a text as value, or the name of an environment "
        "variable as from_env"
    )


def _whole(value: str, inputs: Values) -> str:
    """A Hugging Face token goes into an HTTP header. Raises `UserError` for one that cannot, e.g. of two lines."""
    if same_secret(inputs["name"], SECRET_NAME) and not value.isprintable():
        where = f"variable {inputs['from_env']}" if "from_env" in inputs else "its value"
        raise UserError(
            f"secret {inputs['name']!r}: {where} holds a line break or another character that no token has: "
            "set it again"
        )
    return value


def is_new(state: Values, inputs: Values, environ: Mapping[str, str]) -> bool:
    """Return whether there is a value that is not the stored one, or one that may turn out so."""
    value = find_value(inputs, environ)
    if value is None:
        return inputs.get("value") == UNKNOWN
    return not is_same(value, state["fingerprint"])


def fingerprint(value: str, salt: str | None = None) -> str:
    """Return `salt:hash`: tells whether a value is the same, and nothing else."""
    salt = salt or secrets.token_hex(16)
    return f"{salt}:{hmac.new(salt.encode(), value.encode(), hashlib.sha256).hexdigest()}"


def is_same(value: str, known: str) -> bool:
    """Return whether a fingerprint is this value's. An import starts with an empty one, which matches no value."""
    salt = known.partition(":")[0]
    return hmac.compare_digest(fingerprint(value, salt), known)
