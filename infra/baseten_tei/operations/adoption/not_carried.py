"""What a deployed config says and its spec cannot: how the next push would differ from what runs now.

Compared is what a caller, or the model, can notice: not on which port Baseten's proxy finds the router, where
in the container the weights stand, or what truss writes by itself.
"""

from collections.abc import Mapping
from typing import Any

from baseten_tei.deployment.differences import find_differences
from baseten_tei.deployment.read_back.deployed_config import (
    TOKEN_FLAGS,
    TOKEN_NAME,
    Data,
    Deployed,
    auto_truncates,
)
from baseten_tei.deployment.read_back.spec_of_config import ROUTER_DEFAULTS, TRUSS_CPU, TRUSS_MEMORY
from baseten_tei.errors import HUGGING_FACE, kind_of_secret
from baseten_tei.facts.tei import flags

AS_THEY_STAND = (
    "base_image", "external_data", "requirements", "requirements_file", "runtime", "system_packages",
)  # fmt: skip
BRINGING = ("weights", "model_cache", "build_commands")
"""Keys that bring weights; what they bring besides the model's own is compared."""

USUAL: Data = {
    "resources": {"cpu": TRUSS_CPU, "memory": TRUSS_MEMORY, "node_count": 1},
    "runtime": {
        "predict_concurrency": 1,
        "streaming_read_timeout": 60,
        "transport": {"kind": "http"},
    },
}
"""What truss writes by itself (0.18.35, `TrussConfig`)."""

HIDDEN = TOKEN_FLAGS | {
    "port", "hostname", "huggingface-hub-cache", "uds-path", "model-id", "revision",
}  # fmt: skip
"""Flags that nobody outside the container can notice, or that `weights` and `access` say."""


def find_losses(theirs: Deployed, ours: Deployed) -> list[str]:
    """Return `path: now → after the next push`, one for each thing that the spec does not carry."""
    found = find_differences(_comparable(theirs), _comparable(ours))
    return [f"{path}: {text}" for path, text in found.items()]


def _comparable(it: Deployed) -> dict[str, Any]:
    kept = {key: it.config.get(key) for key in AS_THEY_STAND}
    kept["docker_server"] = _without(it.config["docker_server"], "start_command", "server_port")
    kept["resources"] = _without(it.config.get("resources") or {}, "use_gpu")
    return {
        **{key: _without_defaults(value, USUAL.get(key)) for key, value in kept.items()},
        "weights": {key: getattr(it.origin, key) for key in ("model_id", "revision", "by")},
        "access": _access(it),
        **{f"{key}, others": _other_entries(it, key) for key in BRINGING},
        "start_command": _flags(it),
        "start_command, before": [
            step for step in it.command.before if step != "truss-transfer-cli"
        ],
        "secrets": ", ".join(sorted(it.config.get("secrets") or ())),
        "environment_variables": _variables(it),
    }


def _access(it: Deployed) -> str:
    """Return how a token comes to where the weights are fetched."""
    given = [*it.environment.values(), *(it.flags.get(flag) or "" for flag in TOKEN_FLAGS)]
    if any(kind_of_secret(value) == HUGGING_FACE for value in given):
        return "by a token in clear"
    return "by a secret" if it.gated else ""


def _flags(it: Deployed) -> dict[str, str]:
    """Return the router's flags as they take effect, whoever gave them."""
    truncates = str(auto_truncates(it.flags, it.version)).lower()
    several = {name: ", ".join(values) for name, values in it.command.repeated.items()}
    effective = {**ROUTER_DEFAULTS, **it.flags, **several, "auto-truncate": truncates}
    shown = {name: value for name, value in effective.items() if name not in HIDDEN}
    return {f"--{name}": "set" if value is None else value for name, value in shown.items()}


def _variables(it: Deployed) -> dict[str, str]:
    """Return the variables, without those that are flags or bring a token to the router."""
    of_flags = {flags.environment_name(flag) for flag in flags.FLAGS}
    by_file = {name for name in it.command.environment if TOKEN_NAME.fullmatch(name)}
    return {k: v for k, v in it.environment.items() if k not in of_flags | by_file}


def _other_entries(it: Deployed, key: str) -> list[Any]:
    """Return what a key brings that is not the model."""
    return [
        _without_defaults(entry, None)
        for entry in it.config.get(key) or ()
        if it.origin.model_id not in str(entry)
    ]


def _without(value: Data, *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}


def _without_defaults(value: Any, usual: Any) -> Any:
    """Return a value without what truss would have written anyway."""
    if isinstance(value, Mapping):
        among = usual if isinstance(usual, Mapping) else {}
        cleaned = {key: _without_defaults(item, among.get(key)) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if item not in (None, False, "", {}, [])}
    return None if value == usual else value
