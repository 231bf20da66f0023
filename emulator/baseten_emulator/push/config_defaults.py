"""The defaults that a server adds to a config.yaml (OpenAPI: 'parsed': dict with server-side defaults applied).

Which ones is a guess: those of truss 0.18.35's `TrussConfig` (a test compares them), and two that only the server
knows, `resources.node_count` and `docker_server.rebuild_free` of the `baseten` SDK's config model.
"""

from collections.abc import Mapping
from typing import Any

_HEALTH = (
    "restart_check_delay_seconds",
    "restart_threshold_seconds",
    "stop_traffic_threshold_seconds",
    "startup_threshold_seconds",
)
DEFAULTS: dict[str, Any] = {
    "model_name": None,
    "model_metadata": {},
    "description": None,
    "examples_filename": "examples.yaml",
    "data_dir": "data",
    "external_data": None,
    "external_package_dirs": [],
    "python_version": "py313",
    "base_image": None,
    "requirements_file": None,
    "requirements": [],
    "system_packages": [],
    "environment_variables": {},
    "secrets": {},
    "resources": {"cpu": "1", "memory": "2Gi", "accelerator": None},
    "runtime": {
        "predict_concurrency": 1,
        "streaming_read_timeout": 60,
        "enable_tracing_data": False,
        "enable_debug_logs": False,
        "transport": {"kind": "http"},
        "is_websocket_endpoint": False,
        "health_checks": dict.fromkeys(_HEALTH),
        "oidc": {"enabled": None},
        "remote_ssh": {"enabled": False},
        "egress_restrictions": None,
        "truss_server_version_override": None,
    },
    "build": {
        "model_server": "TrussServer",
        "arguments": {},
        "secret_to_path_mapping": {},
        "no_cache": False,
    },
    "build_commands": [],
    "docker_server": None,
    "model_cache": [],
    "weights": [],
    "bdn": {"mounts": [], "access": [], "hotload": {"enabled": False}},
    "trt_llm": None,
    "training_checkpoints": None,
    "bis_llm": None,
    "input_type": "Any",
    "model_framework": "custom",
    "model_type": "Model",
    "model_module_dir": "model",
    "model_class_filename": "model.py",
    "model_class_name": "Model",
    "bundled_packages_dir": "packages",
    "use_local_src": False,
    "cache_internal": [],
    "live_reload": False,
    "apply_library_patches": True,
    "spec_version": "2.0",
}
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
