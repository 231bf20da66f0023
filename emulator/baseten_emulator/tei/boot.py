"""From a Truss config to a ready router, or to the log of a container that died.

The steps and their order are TEI's (`router/src/lib.rs`, `run`): command line, download, model
type, input length, prompts, backend, warm-up, listen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .clap import Values, parse_flags
from .command import Invocation, parse_start_command
from .facts import ModelFacts, model_facts
from .images import Image, check_compute_cap, parse_image, runtime_compute_cap
from .outcome import BootError, BootFailure
from .programs import check_program, compiled_for
from .router import CPU_BATCH_REQUESTS, Router
from .settings import Settings
from .settle import check_zeros, settings_of
from .support import check_support
from .versions import Version
from .weights import Source, check_download, find_source

_IMAGE_ENVIRONMENT = {"PORT": "80", "HUGGINGFACE_HUB_CACHE": "/data"}


def boot(
    config: Mapping[str, Any],
    secrets: Mapping[str, str],
    facts: Mapping[str, ModelFacts] | None = None,
) -> Router | BootFailure:
    """Start the container that a docker_server config describes.

    Args:
        config: the parsed `config.yaml`.
        secrets: name to value of the secrets mounted under /secrets.
        facts: models to know besides the table, by repository id.
    """
    try:
        return _boot(config, secrets, facts or {})
    except BootError as error:
        return BootFailure(tuple(_without(secrets, line) for line in error.log_lines))


def _without(secrets: Mapping[str, str], line: str) -> str:
    """The line with every secret's value masked: clap echoes arguments that it does not know."""
    for value in filter(None, map(str.strip, secrets.values())):
        line = line.replace(value, "***")
    return line


def _boot(
    config: Mapping[str, Any], secrets: Mapping[str, str], extra: Mapping[str, ModelFacts]
) -> Router:
    image = parse_image(str((config.get("base_image") or {}).get("image", "")))
    invocation = _invocation(config, secrets)
    compute_cap = runtime_compute_cap(config.get("resources") or {})
    check_program(image, invocation.program)
    compiled = compiled_for(image, invocation.program, compute_cap)
    values = parse_flags(invocation.arguments, invocation.environment, image.version)
    check_zeros(values)
    source = find_source(config, secrets, values, invocation.transfers_cache)
    facts = _download(config, source, image.version, extra)
    settings = settings_of(image, values, facts, config)
    log = _load(image, settings, compute_cap, compiled)
    router = Router(_on(settings, image, compute_cap), log)
    _check_probes(router, config, values)
    return router


def _invocation(config: Mapping[str, Any], secrets: Mapping[str, str]) -> Invocation:
    server = config.get("docker_server") or {}
    variables = {k: str(v) for k, v in (config.get("environment_variables") or {}).items()}
    return parse_start_command(
        str(server.get("start_command") or "text-embeddings-router --json-output"),
        _IMAGE_ENVIRONMENT | variables,
        secrets,
    )


def _download(
    config: Mapping[str, Any],
    source: Source,
    version: Version,
    extra: Mapping[str, ModelFacts],
) -> ModelFacts:
    """The facts of a model that could be downloaded."""
    endpoint = str((config.get("docker_server") or {}).get("predict_endpoint", ""))
    facts = extra.get(source.repo_id) or model_facts(source.repo_id, endpoint)
    check_download(source, facts.gated, version)
    return facts


def _load(
    image: Image, settings: Settings, compute_cap: int | None, compiled: int | None
) -> tuple[str, ...]:
    """The backend: does the binary fit the GPU, does the release know the model?"""
    on_gpu = compute_cap is not None and compiled is not None
    if compute_cap is not None and compiled is not None:
        check_compute_cap(compute_cap, compiled, image.version)
    check_support(settings.facts, image, on_gpu, settings.model_dtype)
    if on_gpu or not image.has_cuda:
        return ("Ready",)
    return (
        "WARN Could not find a compatible CUDA device on host: CUDA is not available",
        "WARN Using CPU instead",
        "Ready",
    )


def _on(settings: Settings, image: Image, compute_cap: int | None) -> Settings:
    """candle on a CPU forces `max_batch_requests` to 4, whatever the flag says (measured)."""
    if image.has_cuda and compute_cap is not None:
        return settings
    return replace(settings, max_batch_requests=CPU_BATCH_REQUESTS)


def _check_probes(router: Router, config: Mapping[str, Any], values: Values) -> None:
    """A server that Baseten's probes never reach is never ready."""
    server = config.get("docker_server") or {}
    port = server.get("server_port")
    if str(port) != values["port"]:
        raise BootError(
            f"Starting HTTP server: 0.0.0.0:{values['port']}",
            "Ready",
            f"emulator: no answer on docker_server.server_port {port}: connection refused",
        )
    for probe in ("readiness_endpoint", "liveness_endpoint"):
        status = router.handle("GET", str(server.get(probe, "/health")), {}, b"").status
        if status != 200:
            raise BootError("Ready", f"emulator: {probe} {server[probe]} answers {status}")
