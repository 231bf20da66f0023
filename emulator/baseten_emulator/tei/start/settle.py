"""The step from flags and facts to `Settings`: TEI's defaults, overrides and startup refusals.

Source: `router/src/lib.rs` at v1.6.0, v1.8.3 and v1.9.3; messages measured.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from baseten_emulator.tei.command_line.clap import Values
from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.model.tokenizing import missing_prompt
from baseten_emulator.tei.outcome import BootError, startup_error
from baseten_emulator.tei.settings import Settings
from baseten_emulator.tei.start.images import Image
from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.start.sentence import prompts_of
from baseten_emulator.tei.versions import BATCH_TOKENS_ARE_CHECKED, TRUNCATES_BY_DEFAULT


def check_zeros(values: Values) -> None:
    """Refuse zeros that the command line accepts and the server does not survive (measured)."""
    if values.get("max-batch-tokens") == "0":
        raise startup_error("Model backend is not healthy")
    for name in ("tokenization-workers", "max-concurrent-requests"):
        if values.get(name) == "0":
            raise BootError(
                f"emulator: thread 'main' panicked: TEI does not survive --{name} 0; give at least 1"
            )


def settings_of(
    image: Image,
    values: Values,
    facts: ModelFacts,
    repository: Repository,
    config: Mapping[str, Any],
    log: list[str],
) -> Settings:
    """Return what the router runs with on its GPU. Raises BootError where flags, model and prompts do not match."""
    auto_truncate = values["auto-truncate"] == "true"
    max_batch_tokens = int(values["max-batch-tokens"])
    length = _input_length(image, facts, max_batch_tokens, auto_truncate, log)
    prompts = prompts_of(repository)
    requests = values.get("max-batch-requests")
    return Settings(
        version=image.version,
        facts=replace(facts, prompts=prompts or {}),
        model_id=values["model-id"],
        model_sha=values.get("revision"),
        model_dtype=_dtype(image, values, facts),
        served_model_name=values.get("served-model-name", values["model-id"]),
        pooling=facts.pooling,
        max_concurrent_requests=int(values["max-concurrent-requests"]),
        max_input_length=length,
        max_batch_tokens=max_batch_tokens,
        max_batch_requests=int(requests) if requests else None,
        max_client_batch_size=int(values["max-client-batch-size"]),
        auto_truncate=auto_truncate,
        tokenization_workers=_workers(image, values, config),
        payload_limit=int(values["payload-limit"]),
        api_key=values.get("api-key"),
        default_prompt=_default_prompt(values, prompts),
        cors_origins=tuple(filter(None, values.get("cors-allow-origin", "").split("\n"))),
        answers_similarity=(config.get("environment_variables") or {}).get("TASK")
        == "sentence-similarity",
    )


def _dtype(image: Image, values: Values, facts: ModelFacts) -> str:
    """Return float16 where the build has CUDA; Gemma 3 runs in float32 only (PR #748)."""
    if "dtype" in values:
        return values["dtype"]
    return "float16" if image.has_cuda and facts.model_type != "gemma3_text" else "float32"


def _input_length(
    image: Image, facts: ModelFacts, max_batch_tokens: int, auto_truncate: bool, log: list[str]
) -> int:
    """Return the model's own length, or `--max-batch-tokens` when that is less and truncation is on."""
    length = facts.max_input_length
    if length <= max_batch_tokens or image.version < BATCH_TOKENS_ARE_CHECKED:
        return length
    if auto_truncate:
        log.append(_truncation_warning(image, length, max_batch_tokens))
        return max_batch_tokens
    if image.version >= TRUNCATES_BY_DEFAULT:
        raise startup_error(
            f"The maximum input length is `{length}` which exceeds"
            f" `--max-batch-tokens={max_batch_tokens}`. Either increase `--max-batch-tokens` to at"
            f" least `{length}`, or set `--auto-truncate true` so that regardless the maximum input"
            f" length, those are truncated to `{max_batch_tokens}` tokens."
        )
    raise startup_error(
        f"`--max-batch-tokens` cannot be lower than the model `max_input_length` ({length} <"
        f" {max_batch_tokens}) when `--auto-truncate` is disabled, add the `--auto-truncate` flag"
        " to truncate the input sequences to match the `--max-batch-tokens`."
    )


def _truncation_warning(image: Image, length: int, max_batch_tokens: int) -> str:
    if image.version >= TRUNCATES_BY_DEFAULT:
        return (
            f"WARN The maximum input length is `{length}` which exceeds"
            f" `--max-batch-tokens={max_batch_tokens}`. Input sequences will be truncated to"
            f" `{max_batch_tokens}` tokens, as `--auto-truncate` is either not provided (defaults to"
            " true) or provided as true. To avoid truncation, increase `--max-batch-tokens` to at"
            f" least `{length}` and set `--auto-truncate false`."
        )
    return (
        f"WARN The input sequences will be truncated to {max_batch_tokens} tokens even if the model"
        f" `max_input_length` is greater than the provided `--max-batch-tokens` ({length} >"
        f" {max_batch_tokens}), as `--auto-truncate` is enabled."
    )


def _workers(image: Image, values: Values, config: Mapping[str, Any]) -> int:
    """Return by default the cores of `resources.cpu`, one less and at most 64 from 1.9.0 on."""
    if "tokenization-workers" in values:
        return int(values["tokenization-workers"])
    cpu = str((config.get("resources") or {}).get("cpu", "1"))
    cores = max(1, int(cpu[:-1]) // 1000 if cpu.endswith("m") else int(float(cpu)))
    return min(max(cores - 1, 1), 64) if image.version >= TRUNCATES_BY_DEFAULT else cores


def _default_prompt(values: Values, prompts: Mapping[str, str] | None) -> str | None:
    name = values.get("default-prompt-name")
    if name is None:
        return values.get("default-prompt")
    if prompts is None or name not in prompts:
        raise startup_error(missing_prompt(name, None if prompts is None else list(prompts)))
    return prompts[name]
