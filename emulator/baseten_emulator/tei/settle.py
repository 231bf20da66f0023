"""Flags and facts settled into `Settings`: TEI's defaults, overrides and startup refusals.

Source: `router/src/lib.rs` at v1.6.0, v1.8.3 and v1.9.3; messages measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .clap import Values
from .facts import ModelFacts
from .images import Image
from .outcome import BootError, startup_error
from .reading import missing_prompt
from .settings import Settings
from .versions import BATCH_TOKENS_ARE_CHECKED, TRUNCATES_BY_DEFAULT


def check_zeros(values: Values) -> None:
    """Zeros that the command line accepts and the server does not survive (measured)."""
    if values.get("max-batch-tokens") == "0":
        raise startup_error("Model backend is not healthy")
    for name in ("tokenization-workers", "max-concurrent-requests"):
        if values.get(name) == "0":
            raise BootError(
                f"emulator: thread 'main' panicked: TEI does not survive --{name} 0; give at least 1"
            )


def settings_of(
    image: Image, values: Values, facts: ModelFacts, config: Mapping[str, Any]
) -> Settings:
    """What the router would run with on a machine where it finds its GPU.

    Raises:
        BootError: flags and model do not go together (exit code 1).
    """
    auto_truncate = values["auto-truncate"] == "true"
    max_batch_tokens = int(values["max-batch-tokens"])
    requests = values.get("max-batch-requests")
    return Settings(
        version=image.version,
        facts=facts,
        model_id=values["model-id"],
        model_sha=values.get("revision"),
        model_dtype=_dtype(image, values, facts),
        served_model_name=values.get("served-model-name", values["model-id"]),
        pooling=_pooling(values, facts),
        max_concurrent_requests=int(values["max-concurrent-requests"]),
        max_input_length=_input_length(image, facts, max_batch_tokens, auto_truncate),
        max_batch_tokens=max_batch_tokens,
        max_batch_requests=int(requests) if requests else None,
        max_client_batch_size=int(values["max-client-batch-size"]),
        auto_truncate=auto_truncate,
        tokenization_workers=_workers(image, values, config),
        payload_limit=int(values["payload-limit"]),
        api_key=values.get("api-key"),
        default_prompt=_default_prompt(values, facts),
        answers_similarity=_task(config) == "sentence-similarity",
    )


def _dtype(image: Image, values: Values, facts: ModelFacts) -> str:
    """float16 where the build has CUDA; Gemma 3 only in float32 (PR #748)."""
    if "dtype" in values:
        return values["dtype"]
    return "float16" if image.has_cuda and facts.model_type != "gemma3_text" else "float32"


def _pooling(values: Values, facts: ModelFacts) -> str:
    """The flag says `last-token`, `/info` says `last_token`; a classifier ignores the flag."""
    wanted = values.get("pooling", "").replace("-", "_")
    has_splade = facts.task != "embedding" or facts.pooling == "splade"
    if wanted == "splade" and not has_splade:
        raise startup_error("Splade pooling is not supported: model is not a ForMaskedLM model")
    if not wanted and facts.pooling == "splade":
        return "cls"
    return wanted or facts.pooling


def _input_length(
    image: Image, facts: ModelFacts, max_batch_tokens: int, auto_truncate: bool
) -> int:
    """The model's own length, or `--max-batch-tokens` when that is less and truncation is on."""
    length = facts.max_input_length
    if length <= max_batch_tokens or image.version < BATCH_TOKENS_ARE_CHECKED:
        return length
    if auto_truncate:
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


def _workers(image: Image, values: Values, config: Mapping[str, Any]) -> int:
    """By default the cores (one less and at most 64 from 1.9.0 on); cores from `resources.cpu`."""
    if "tokenization-workers" in values:
        return int(values["tokenization-workers"])
    cpu = str((config.get("resources") or {}).get("cpu", "1"))
    cores = max(1, int(cpu[:-1]) // 1000 if cpu.endswith("m") else int(float(cpu)))
    return min(max(cores - 1, 1), 64) if image.version >= TRUNCATES_BY_DEFAULT else cores


def _default_prompt(values: Values, facts: ModelFacts) -> str | None:
    name = values.get("default-prompt-name")
    if name is None:
        return values.get("default-prompt")
    if name not in facts.prompts:
        raise startup_error(missing_prompt(name, list(facts.prompts)))
    return facts.prompts[name]


def _task(config: Mapping[str, Any]) -> str:
    return str((config.get("environment_variables") or {}).get("TASK", ""))
