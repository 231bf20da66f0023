"""From a Truss config to a ready router, or to the log of a container that died.

The steps and their order are TEI's (`router/src/lib.rs`, `run`): command line, download, config.json,
task, tokenizer, input length, prompts, backend, warm-up, listen.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from baseten_emulator.tei.command_line.clap import Values, parse_flags
from baseten_emulator.tei.command_line.command import Invocation, parse_start_command
from baseten_emulator.tei.facts import find_facts, other_revision
from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.memory import Memory
from baseten_emulator.tei.outcome import BootError, BootFailure
from baseten_emulator.tei.settings import Settings
from baseten_emulator.tei.start.backend import Backend, BackendModel, start_backend
from baseten_emulator.tei.start.dense import apply_dense, dense_width
from baseten_emulator.tei.start.images import compute_cap_of, parse_image, runtime_gpu
from baseten_emulator.tei.start.known_repositories import build_repository
from baseten_emulator.tei.start.left_out import warn_of_left_out
from baseten_emulator.tei.start.machine import Machine
from baseten_emulator.tei.start.programs import check_program, find_compiled_cap
from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.start.settle import check_zeros, settings_of
from baseten_emulator.tei.start.sources import Source, fetch_repository, find_source
from baseten_emulator.tei.start.startup import find_trained_pooling, read_model
from baseten_emulator.tei.start.warmup import check_origins, check_warmup

Known = Mapping[str, Repository]
_IMAGE_ENVIRONMENT = {"PORT": "80", "HUGGINGFACE_HUB_CACHE": "/data"}


def start_container(
    config: Mapping[str, Any], secrets: Mapping[str, str], known: Known | None = None
) -> Router | BootFailure:
    """Start the container of a parsed config.yaml, with these values of the secrets mounted under /secrets.

    `known` models go before the table, by repository id in any case, alone or as `id@revision`.
    """
    log: list[str] = []
    lowered = {repo_id.lower(): model for repo_id, model in (known or {}).items()}
    try:
        return _start_router(config, secrets, lowered, log)
    except BootError as error:
        code = error.exit_code
        end = [] if code is None else [f"emulator: the router exited with code {code}"]
        lines = (*log, *error.log_lines, *end)
        return BootFailure(tuple(_without(secrets, line) for line in lines), code)


def _without(secrets: Mapping[str, str], line: str) -> str:
    """Return the line with every secret's value masked: clap echoes arguments that it does not know."""
    for value in filter(None, map(str.strip, secrets.values())):
        line = line.replace(value, "***")
    return line


def _start_router(
    config: Mapping[str, Any], secrets: Mapping[str, str], known: Known, log: list[str]
) -> Router:
    machine, invocation = _machine(config, secrets)
    version = machine.image.version
    values = parse_flags(invocation.arguments, invocation.environment, version)
    check_zeros(values)
    source = find_source(config, secrets, values, invocation.transfers_cache)
    repository = fetch_repository(source, _on_the_hub(config, source, known), version)
    read = read_model(repository, values, version, log)
    settings = settings_of(machine.image, values, read.facts, repository, config, log)
    model = BackendModel(repository, read.detected, settings.model_dtype, source.is_local)
    backend = start_backend(model, machine, log)
    dense = apply_dense(repository, source.is_local, values, version, log)
    log += warn_of_left_out(repository, read.detected, dense, version)
    settings = _with(settings, backend, machine, repository, dense)
    settings = replace(
        settings,
        trained_pooling=find_trained_pooling(repository, read, version),
        revision=other_revision(repository.repo_id, source.revision),
    )
    check_warmup(backend, settings, read.config)
    check_origins(settings.cors_origins)
    router = Router(settings, (*log, "Ready"))
    _check_probes(router, config, values)
    return router


def _machine(config: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[Machine, Invocation]:
    """Return the image on its hardware, and the command it runs there."""
    image = parse_image(str((config.get("base_image") or {}).get("image", "")))
    invocation = _invocation(config, secrets)
    gpu = runtime_gpu(config.get("resources") or {})
    compute_cap = compute_cap_of(gpu)
    check_program(image, invocation.program)
    compiled = find_compiled_cap(image, invocation.program, compute_cap)
    return Machine(image, gpu, compute_cap, compiled, invocation.environment), invocation


def _invocation(config: Mapping[str, Any], secrets: Mapping[str, str]) -> Invocation:
    server = config.get("docker_server") or {}
    given = (config.get("environment_variables") or {}).items()
    variables = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in given}
    return parse_start_command(
        str(server.get("start_command") or "text-embeddings-router --json-output"),
        _IMAGE_ENVIRONMENT | variables,
        secrets,
    )


def _on_the_hub(config: Mapping[str, Any], source: Source, known: Known) -> Repository:
    """Return the repository as it was taught, as the table has it, or as guessed from the route."""
    endpoint = str((config.get("docker_server") or {}).get("predict_endpoint", ""))
    repo_id = source.repo_id.lower()
    taught = known.get(f"{repo_id}@{source.revision}".lower()) or known.get(repo_id)
    return taught or build_repository(find_facts(source.repo_id, endpoint))


def _with(
    settings: Settings,
    backend: Backend,
    machine: Machine,
    repository: Repository,
    dense: tuple[str, ...],
) -> Settings:
    """Return the settings with what the backend decides: batch size, memory, width of a vector."""
    facts = replace(
        settings.facts,
        dense=dense,
        hidden_size=dense_width(repository, dense, settings.facts.hidden_size),
    )
    weights = repository.weights.bytes_loaded_as(settings.model_dtype)
    memory = Memory(
        settings.facts, settings.model_dtype, backend.padded, weights, machine.vram_bytes
    )
    requests = backend.max_batch_requests or settings.max_batch_requests
    return replace(settings, facts=facts, memory=memory, max_batch_requests=requests)


def _check_probes(router: Router, config: Mapping[str, Any], values: Values) -> None:
    """Refuse a server that Baseten's probes never reach: it is never ready."""
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
