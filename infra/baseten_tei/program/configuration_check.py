"""The running program's own configuration, looked through for secrets before anything is registered."""

from pulumi.runtime.config import CONFIG, is_config_secret

from baseten_tei.errors import UserError
from baseten_tei.facts.files.formats import CONFIGURATION, check_format
from baseten_tei.program.context import Context
from baseten_tei.project.stack_values import decode_value
from baseten_tei.rules.secrets.stack_file import plain_problems, secret_key_problems
from baseten_tei.spec.credentials import models_problems
from baseten_tei.spec.hf_token import TOKEN_KEY
from baseten_tei.spec.names import stack_name_problem
from baseten_tei.spec.spec_parser import MODELS


def check_configuration(here: Context) -> None:
    """Refuse a later release's configuration, a reserved name, secrets at a wrong place. Raises `UserError`.

    Pulumi hands an encrypted value on in clear, and says only which keys hold one, at whatever depth.
    """
    if reserved := stack_name_problem(here.owner.stack):
        raise UserError(reserved)
    values = CONFIG.get()
    check_format(CONFIGURATION, values)
    secret = [key for key in values if is_config_secret(key)]
    found = _encrypted_models(here) if MODELS in secret else []
    found += secret_key_problems(
        (key for key in secret if key != MODELS), public=here.guessable_passphrase
    )
    for key in values.keys() - {MODELS, *secret}:
        found += plain_problems(key, decode_value(values[key], key))
    if found:
        raise UserError(*found)


def check_token(here: Context) -> None:
    """Refuse a Hugging Face token that the configuration holds in clear, or encrypted for everyone. Raises `UserError`.

    In a program of the user's own, which may have other settings than ours.
    """
    if is_config_secret(TOKEN_KEY):
        found = [*secret_key_problems([TOKEN_KEY], public=here.guessable_passphrase)]
    else:
        found = [*plain_problems(TOKEN_KEY, decode_value(CONFIG.get().get(TOKEN_KEY), TOKEN_KEY))]
    if found:
        raise UserError(*found)


def _encrypted_models(here: Context) -> list[str]:
    """Return a line for each encrypted value, as the stack's file says where they are; else for all of them."""
    from baseten_tei.project.stack import Workspace  # takes 0.1 s: only for who needs the file

    try:
        models = Workspace(here.root, here.owner.stack).file.config.get(MODELS)
    except UserError:  # another file, by --config-file, or an environment of Pulumi's
        models = None
    return models_problems(models) or models_problems({"secure": ""})
