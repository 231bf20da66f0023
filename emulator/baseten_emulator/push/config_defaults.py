"""The defaults that a server adds to a config.yaml (OpenAPI: 'parsed': dict with server-side defaults applied).

Which ones is a guess: those of truss 0.18.35's `TrussConfig` (a test compares them), and two that only the server
knows, `resources.node_count` and `docker_server.rebuild_free` of the `baseten` SDK's config model.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DEFAULTS: dict[str, Any] = json.loads(
    Path(__file__).with_name("config_defaults.json").read_text("utf-8")
)
DEFAULTS_WHERE_PRESENT: dict[str, dict[str, Any]] = {
    "base_image": {"image": "", "python_executable_path": "", "docker_auth": None},
    "docker_server": {"run_as_user_id": None, "no_build": None},
}
_WEIGHT = dict.fromkeys(("auth", "auth_secret_name", "allow_patterns", "ignore_patterns"))
SERVER_ONLY: dict[str, dict[str, Any]] = {
    "resources": {"node_count": 1},
    "docker_server": {"rebuild_free": None},
}


def add_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config as the server shows it: the fields that were pushed, unchanged, and defaults for the rest."""
    return _fill(_add_truss_defaults(config), SERVER_ONLY)


def _add_truss_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    present = {name: more for name, more in DEFAULTS_WHERE_PRESENT.items() if config.get(name)}
    filled = _fill(_fill(config, present), DEFAULTS)
    filled["weights"] = [{**_WEIGHT, **weight} for weight in filled["weights"] or []]
    filled["resources"].setdefault("use_gpu", bool(filled["resources"]["accelerator"]))
    return filled


def _fill(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config with defaults under it, section by section; null in a config is a value of its own."""
    filled = dict(config)
    for name, default in defaults.items():
        given = config.get(name)
        if name not in config:
            filled[name] = dict(default) if isinstance(default, dict) else default
        elif isinstance(given, Mapping) and isinstance(default, Mapping):
            filled[name] = _fill(given, default)
    return filled
