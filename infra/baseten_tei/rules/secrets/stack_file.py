"""Secrets in a stack's configuration: which of its values may be encrypted, and what may not stand there at all."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from baseten_tei.errors import UserError, kind_of_secret, redact
from baseten_tei.facts.files.formats import CONFIGURATION, check_format
from baseten_tei.rules.rule import Finding, RefusedError, Reported, Rule
from baseten_tei.rules.secrets.passphrase import has_guessable_passphrase
from baseten_tei.spec.credentials import (
    TOKEN_PLACE,
    format_path,
    is_secure,
    models_problems,
    right_place,
    walk_values,
)
from baseten_tei.spec.hf_token import FROM_ENV, TOKEN_KEY, token_variable
from baseten_tei.spec.names import stack_name_problem
from baseten_tei.spec.spec_parser import MODELS

OURS = ("baseten-tei", "baseten")
"""Namespaces whose values go into clear text: outputs, labels, truss_configs/."""
KNOWN = (MODELS, TOKEN_KEY, "baseten-tei:team", "baseten:target")

STACK_SECRETS = Rule(
    "TEI-SEC-014",
    "error",
    "A stack's file holds a secret only where it stays one (of the file, not of a model)",
    "this project: outputs, labels and truss_configs/ are clear text",
    lambda _: None,
    is_firm=True,
)


def check_stack_file(
    stack: str, document: Mapping[str, object], config: Mapping[str, object]
) -> None:
    """Refuse a later release's configuration, a reserved name, secrets at a wrong place. Raises `UserError`."""
    check_format(CONFIGURATION, config)
    if reserved := stack_name_problem(stack):
        raise UserError(reserved)
    secret = [key for key, value in config.items() if _holds_secure(value)]
    public = bool(secret) and has_guessable_passphrase(document.get("encryptionsalt"))
    others = [(key, value) for key, value in config.items() if key != MODELS]
    encrypted = [(key, value) for key, value in others if key in secret]
    of_keys = [
        *((key, it) for key, _ in encrypted for it in secret_key_problems([key], public=public)),
        *((key, it) for key, value in others for it in plain_problems(key, value)),
    ]
    lines = models_problems(config.get(MODELS))
    if lines or of_keys:
        _refuse(lines, of_keys, config.get(MODELS))


def _refuse(lines: list[str], of_keys: list[tuple[str, str]], models: object) -> NoReturn:
    # with every rule: only for what is refused
    from baseten_tei.rules.settings import find_secret_values

    count = len(models) if isinstance(models, Mapping) else 0
    said = [line for _, line in of_keys]
    found = [*find_secret_values(models), *(_as_finding(*it) for it in of_keys)]
    raise RefusedError([*lines, *said], found, count, *said)


def _as_finding(key: str, line: str) -> Reported:
    """Return what is said of one key, with the key in a model's place."""
    shown = _quote_key(key)
    message, _, fix = line.removeprefix(shown).lstrip(": ").partition(": ")
    return Reported(shown, STACK_SECRETS, Finding(message, fix))


def secret_key_problems(keys: Iterable[str], *, public: bool) -> Iterator[str]:
    """Yield a line for each encrypted key that must not be; `public` says that everyone knows the passphrase."""
    for key in keys:
        if key.partition(":")[0] in OURS and key != TOKEN_KEY:
            yield (
                f"{_quote_key(key)} is encrypted, and its value would be written in clear to truss_configs/, the state "
                f"or outputs: {_instead(key)}"
            )
        elif public:
            yield (
                f"{_quote_key(key)} is encrypted with a passphrase that everyone knows (the dev stack's, or an empty "
                f"one): revoke what it holds, remove it, and {_own_way(key)}"
            )


def plain_problems(key: str, value: object) -> Iterator[str]:
    """Yield a line for what stands in clear under one key, other than the models, and must not."""
    if problem := _token_problem(value) if key == TOKEN_KEY else _name_problem(key):
        yield problem
    else:
        yield from _looks(key, value)


def _token_problem(configured: object) -> str | None:
    """Return why the configured `hf_access_key` cannot be taken; its value is never shown."""
    if is_secure(configured) or configured is None:
        return None
    try:
        if token_variable(configured) is not None:
            return None
    except UserError as error:
        return str(error)
    return (
        f"{TOKEN_KEY} is written in clear: remove it, revoke it if it is a token, and name the variable that holds "
        f"the token: write {TOKEN_KEY}: {FROM_ENV}"
    )


def _name_problem(key: str) -> str | None:
    """Return what is wrong with a key of ours that is called as a credential is, and is not `hf_access_key`."""
    namespace, _, name = key.partition(":")
    if namespace not in OURS or key in KNOWN or right_place(name) is None:
        return None
    return f"{_quote_key(key)} is not a setting of this project: {_instead(key)}"


def _looks(key: str, value: object) -> Iterator[str]:
    for path, inner in walk_values(value):
        if isinstance(inner, str) and (kind := kind_of_secret(inner)):
            where = f"{_quote_key(key)} {format_path(path)}".rstrip()
            yield f"{where} holds {kind} in clear: remove it, revoke it, and {_own_way(key)}"


def _holds_secure(value: object) -> bool:
    return any(is_secure(inner) for _, inner in walk_values(value))


def _instead(key: str) -> str:
    todo = right_place(key.partition(":")[2])
    return f"remove it; {todo}" if todo else "remove it, and write the value as it is"


def _own_way(key: str) -> str:
    if key.partition(":")[0] in OURS:
        return TOKEN_PLACE
    command = f"pulumi config set --secret {_quote_key(key)}"
    return f"use a stack with a passphrase of its own, and run `{command}` (it asks for the value)"


def _quote_key(key: object) -> str:
    return redact(str(key))[:120]
