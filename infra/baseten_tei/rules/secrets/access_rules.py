"""Secrets: who may read the weights, under which name, and what stands where anyone can read it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.secrets import download_rules
from baseten_tei.rules.secrets.download_rules import generate_config
from baseten_tei.spec.credentials import (
    LEAK_RULE,
    SECRET_PLACE,
    find_secrets,
    is_vendor_key,
    right_place,
)
from baseten_tei.spec.hf_token import SECRET_NAME
from baseten_tei.spec.names import same_secret

_SECRET_PATH = re.compile(r"(?<!/run)/secrets/([A-Za-z0-9._-]+)")
_SECRET_VARIABLE = re.compile(r"(?i)(^|_)(token|secret|password|passwd|access_key|api_key)$")
_GATED_SOURCE = "huggingface.co: /resolve/<revision>/config.json answers 401; Baseten docs: secrets"


def secrets_read(config: Mapping[str, Any]) -> list[str]:
    """Return names of the secrets that a Truss config reads: by path, for its weights, for its cache, for its build."""
    return list(dict.fromkeys(_read(config)))


def find_unlisted_secrets(config: Mapping[str, Any]) -> list[str]:
    """Return those it reads and does not list under `secrets:`; without that, Baseten mounts nothing."""
    declared = config.get("secrets") or {}
    return [
        name
        for name in secrets_read(config)
        if not any(same_secret(name, str(known)) for known in declared)
    ]


def _read(config: Mapping[str, Any]) -> Iterator[str]:
    server, variables = (
        config.get("docker_server") or {},
        config.get("environment_variables") or {},
    )
    commands = [server.get("start_command"), *(config.get("build_commands") or ())]
    for text in (*commands, *variables.values()):
        yield from _SECRET_PATH.findall(str(text or ""))
    for source in config.get("weights") or ():
        if name := (source.get("auth") or {}).get("auth_secret_name"):
            yield name
    for cached in config.get("model_cache") or ():
        if name := cached.get("runtime_secret_name"):
            yield name
    yield from (config.get("build") or {}).get("secret_to_path_mapping") or {}


def _wants_token(subject: Subject) -> Finding | None:
    if subject.facts is None or not subject.facts.gated or subject.args.gated:
        return None
    return Finding(
        f"{subject.args.model_id} is gated: without a token its weights answer 401",
        f"write gated: true (the stack then stores the secret {SECRET_NAME})",
    )


def _needless_token(subject: Subject) -> Finding | None:
    if subject.facts is None or subject.facts.gated or not subject.args.gated:
        return None
    return Finding(
        f"gated: true, and {subject.args.model_id} is open: its deployment would depend on a secret for nothing",
        "leave gated out",
    )


def _find_unlisted(subject: Subject) -> Finding | None:
    names = find_unlisted_secrets(generate_config(subject))
    if not names:
        return None
    return Finding(
        f"the container reads /secrets/{names[0]}, which secrets: does not list, so Baseten mounts nothing there",
        f"write gated: true for the Hugging Face token (/secrets/{SECRET_NAME}), or leave /secrets/{names[0]} out",
    )


def _in_clear(subject: Subject) -> Iterator[Finding]:
    spec = subject.args.model_dump(exclude_defaults=True, warnings=False)
    for message, fix in find_secrets(subject.name, spec):
        yield Finding(message, fix)


def _both_variables(subject: Subject) -> Finding | None:
    if not _sets_both(subject):
        return None
    return Finding(
        "env HF_API_TOKEN beside HF_TOKEN: TEI takes one of the two and exits where both are set, even empty",
        "leave HF_API_TOKEN out of env",
    )


def _sets_both(subject: Subject) -> bool:
    args = subject.args
    ours = args.gated and args.weights == "download"
    return "HF_API_TOKEN" in args.env and (ours or "HF_TOKEN" in args.env)


def _named_as_credentials(subject: Subject) -> Iterator[Finding]:
    both = _sets_both(subject)
    for part, names in (("env", subject.args.env), ("labels", subject.args.labels)):
        for name in names:
            if is_vendor_key(name) and not (both and (part, name) == ("env", "HF_API_TOKEN")):
                message, _, fix = (right_place(name) or SECRET_PLACE).partition(": ")
                yield Finding(f"{part}: {name} would be in clear, and {message}", fix)


def _secret_as_variable(subject: Subject) -> Finding | None:
    for name in subject.args.env:
        if _SECRET_VARIABLE.search(name) and not is_vendor_key(name):
            return Finding(
                f"env {name} would stand in config.yaml in clear, and Baseten fills no variable from a secret",
                "leave it out of env; for the Hugging Face token write gated: true",
            )
    return None


SECRETS = Rule(
    LEAK_RULE,
    "error",
    "A spec holds no secret, in clear or encrypted",
    "measured on TEI 1.9.3: the router logs its arguments; this project: config.yaml, the state",
    _in_clear,
    is_firm=True,
)
RULES: tuple[Rule, ...] = (
    Rule("TEI-SEC-001", "error", "A gated repository is read with a token",
         _GATED_SOURCE, _wants_token, True),
    Rule("TEI-SEC-002", "warning", "An open repository is read without one",
         _GATED_SOURCE, _needless_token, True),
    Rule("TEI-SEC-003", "error", "Every secret that is read is listed",
         "Baseten docs: secrets; 11 configs of truss-examples", _find_unlisted),
    SECRETS,
    Rule("TEI-SEC-005", "error", "One of HF_TOKEN and HF_API_TOKEN, not both",
         "measured on TEI 1.9.3 (clap, conflicts_with)", _both_variables, is_firm=True),
    Rule("TEI-SEC-006", "warning", "Environment variables hold no secrets",
         "Baseten docs: secrets; 21 configs of truss-examples", _secret_as_variable),
    Rule("TEI-SEC-013", "error", "No variable or label is called as a credential is",
         "Baseten docs: secrets; huggingface_hub: environment variables", _named_as_credentials, is_firm=True),
    *download_rules.RULES,
)  # fmt: skip
