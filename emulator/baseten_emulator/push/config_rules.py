"""What the server would refuse in a config.yaml: the emulator's own strict reading of it.

The keys are those of truss 0.18.35's `TrussConfig` and the `baseten` SDK's `ModelConfig`; importing either costs
1.5 s, so they are written out here and a test compares them with truss.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from baseten_emulator.life import hardware
from baseten_emulator.push.config_defaults import DEFAULTS, DEFAULTS_WHERE_PRESENT
from baseten_emulator.push.config_shapes import shape_errors
from baseten_emulator.world.wire import ApiError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KEYS: dict[str, frozenset[str]] = {
    "": frozenset(DEFAULTS),
    "base_image": frozenset(DEFAULTS_WHERE_PRESENT["base_image"]),
    "docker_server": frozenset(DEFAULTS_WHERE_PRESENT["docker_server"])
    | _words("start_command server_port predict_endpoint readiness_endpoint liveness_endpoint"),
    "resources": frozenset(DEFAULTS["resources"])
    | _words("use_gpu instance_type node_count fabric"),
    "runtime": frozenset(DEFAULTS["runtime"]) | _words("num_workers"),
    "build": frozenset(DEFAULTS["build"]),
}
ACCELERATORS = _words(
    "B10 T4 L4 A10G V100 A100 A100_40GB H100 H200 H100_40GB B200 L40S RTX_PRO_6000 B300 GB300"
)
RESERVED_PORT = 8080  # Baseten's own nginx listens there (truss docker_server/proxy.conf)
_ROUTES = ("predict_endpoint", "readiness_endpoint", "liveness_endpoint")
_SCHEMES = ("hf://", "s3://", "gs://", "azure://", "r2://", "cw://", "https://")


def config_errors(config: Mapping[str, Any]) -> list[str]:
    """Return every reason to refuse this config, each naming its field; empty when it is accepted."""
    errors = list(_key_errors(config))
    if misshapen := shape_errors(config):
        return errors + misshapen
    for section, rule in _RULES.items():
        value, shape = config.get(section), _SHAPES.get(section, dict)
        if isinstance(value, shape):
            errors += rule(value)
        elif value is not None:
            errors.append(f"{section}: must be a {'list' if shape is list else 'mapping'}")
    if config.get("weights") and config.get("model_cache"):
        errors.append("weights and model_cache are mutually exclusive")
    return errors


def _key_errors(config: Mapping[str, Any]) -> Iterator[str]:
    for section, known in KEYS.items():
        value = config.get(section) if section else config
        for key in value if isinstance(value, Mapping) else ():
            if key not in known:
                close = get_close_matches(str(key), known, 1)
                hint = f'; perhaps you meant "{close[0]}"' if close else ""
                yield f"{section + '.' if section else ''}{key}: unknown key{hint}"


def _docker_server(server: Mapping[str, Any]) -> list[str]:
    errors = [
        f"docker_server.{route}: {server.get(route)!r} must be a path that starts with /"
        for route in _ROUTES
        if not (isinstance(server.get(route), str) and str(server[route]).startswith("/"))
    ]
    if not server.get("start_command") and not server.get("no_build"):
        errors.append("docker_server.start_command: field required")
    port = server.get("server_port")
    if port == RESERVED_PORT:
        errors.append(f"docker_server.server_port {RESERVED_PORT} is reserved")
    elif not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= 65535:
        errors.append(f"docker_server.server_port: {port!r} must be a port between 1 and 65535")
    if server.get("run_as_user_id") in (0, 60000):
        errors.append(f"docker_server.run_as_user_id {server['run_as_user_id']} is not allowed")
    return errors


def _resources(resources: Mapping[str, Any]) -> list[str]:
    name, _, count = str(resources.get("accelerator") or "").partition(":")
    if name and (name not in ACCELERATORS or (count and not count.isdigit())):
        return [f"resources.accelerator: {resources['accelerator']!r} is not an accelerator"]
    try:
        hardware.instance_type_for(resources)
    except ApiError as error:
        return [error.message]
    return []


def _runtime(runtime: Mapping[str, Any]) -> list[str]:
    value = runtime.get("predict_concurrency", 1)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return [f"runtime.predict_concurrency: {value!r} must be a whole number of at least 1"]
    return []


def _variables(variables: Mapping[str, Any]) -> list[str]:
    """Truss makes text of what it finds, a null among them: `None`."""
    return [
        f"environment_variables.{name}: {value!r} must be text, a number or a boolean"
        for name, value in variables.items()
        if not isinstance(value, str | int | float | bool | None)
    ]


def _secrets(secrets: Mapping[str, Any]) -> list[str]:
    return [
        f"secrets.{name}: must be null; set the value with POST /v1/secrets"
        for name, value in secrets.items()
        if value is not None
    ]


def _weights(weights: list[Any]) -> list[str]:
    return [error for index, entry in enumerate(weights) for error in _weights_entry(index, entry)]


def _weights_entry(index: int, entry: Any) -> Iterator[str]:
    source = str(entry.get("source", "")) if isinstance(entry, Mapping) else ""
    if not source.startswith(_SCHEMES):
        yield f"weights[{index}].source: {source!r} needs one of {', '.join(_SCHEMES)}"
    elif not str(entry.get("mount_location", "")).startswith("/"):
        yield f"weights[{index}].mount_location: must be an absolute path"


def _model_cache(entries: list[Any]) -> list[str]:
    return [
        f"model_cache[{index}]: use_volume needs revision and volume_folder"
        for index, entry in enumerate(entries)
        if isinstance(entry, Mapping)
        and entry.get("use_volume")
        and not (entry.get("revision") and entry.get("volume_folder"))
    ]


_SHAPES: dict[str, type] = {"weights": list, "model_cache": list}
_RULES: dict[str, Any] = {
    "docker_server": _docker_server,
    "resources": _resources,
    "runtime": _runtime,
    "environment_variables": _variables,
    "secrets": _secrets,
    "weights": _weights,
    "model_cache": _model_cache,
}
