"""Secrets: who may read the weights, under which name, and what stands where anyone can read it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import kind_of_secret, redact
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.secrets import download_rules
from baseten_tei.rules.secrets.download_rules import generate_config
from baseten_tei.spec.credentials import TOKEN_PLACE, format_path, walk_values
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


def _token_in_clear(subject: Subject) -> Finding | None:
    for path, value in walk_values(subject.args.model_dump(exclude_defaults=True, warnings=False)):
        if isinstance(value, str) and (kind := kind_of_secret(value)):
            return Finding(
                f"{format_path(path)} holds {kind} in clear, in config.yaml and in the router's log",
                f"leave it out and revoke it; for the Hugging Face token {TOKEN_PLACE}",
            )
    return None


def _both_variables(subject: Subject) -> Finding | None:
    args = subject.args
    ours = args.gated and args.weights == "download"
    given = {name for name in ("HF_TOKEN", "HF_API_TOKEN") if name in args.env}
    if "HF_API_TOKEN" not in given or not (ours or "HF_TOKEN" in given):
        return None
    return Finding(
        "env HF_API_TOKEN beside HF_TOKEN: TEI takes one of the two and exits where both are set, even empty",
        "leave HF_API_TOKEN out of env",
    )


def _secret_as_variable(subject: Subject) -> Finding | None:
    for name in subject.args.env:
        if _SECRET_VARIABLE.search(name):
            return Finding(
                f"env {redact(name)} would stand in config.yaml in clear, and Baseten fills no variable from a secret",
                "leave it out of env; for the Hugging Face token write gated: true",
            )
    return None


RULES: tuple[Rule, ...] = (
    Rule("TEI-SEC-001", "error", "A gated repository is read with a token",
         _GATED_SOURCE, _wants_token, True),
    Rule("TEI-SEC-002", "warning", "An open repository is read without one",
         _GATED_SOURCE, _needless_token, True),
    Rule("TEI-SEC-003", "error", "Every secret that is read is listed",
         "Baseten docs: secrets; 11 configs of truss-examples", _find_unlisted),
    Rule("TEI-SEC-004", "error", "No token stands in clear",
         "measured on TEI 1.9.3: the router logs its arguments", _token_in_clear),
    Rule("TEI-SEC-005", "error", "One of HF_TOKEN and HF_API_TOKEN, not both",
         "measured on TEI 1.9.3 (clap, conflicts_with)", _both_variables),
    Rule("TEI-SEC-006", "warning", "Environment variables hold no secrets",
         "Baseten docs: secrets; 21 configs of truss-examples", _secret_as_variable),
    *download_rules.RULES,
)  # fmt: skip
