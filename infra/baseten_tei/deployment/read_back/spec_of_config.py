"""Adopting: from a config that somebody deployed to the spec that would deploy it.

What a spec has no word for is left out here and named by `carrying`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.deployment.labels import RESERVED_LABELS
from baseten_tei.deployment.read_back.deployed_config import (
    TOKEN_NAME,
    Data,
    Deployed,
    auto_truncates,
)
from baseten_tei.errors import looks_like_a_token
from baseten_tei.facts.tei import flags, gpus, releases
from baseten_tei.facts.tei.queue_room import permits_for

ROUTER_DEFAULTS: Mapping[str, str] = {
    "max-client-batch-size": "32", "max-concurrent-requests": "512", "max-batch-tokens": "16384",
    "payload-limit": "2000000",
}  # fmt: skip
"""What the router takes where a flag is missing (`text-embeddings-router --help`, 1.8.3 and 1.9.3)."""

TRUSS_CPU, TRUSS_MEMORY = "1", "2Gi"
"""What truss writes where a config says nothing; with a GPU it means the smallest instance."""


def read_spec(it: Deployed, labels: Data) -> dict[str, Any]:
    """Return the spec's keys as YAML would have them, but for its environments; what is the default is left out."""
    baked = it.origin.weights == "baked" and nearest_version(it.version) not in releases.MIRRORED
    return {
        "task": it.task,
        "model_id": it.origin.model_id,
        **_unless("revision", it.origin.revision, "main"),
        **_resources(it.config.get("resources") or {}),
        **_unless("tei_version", nearest_version(it.version), releases.DEFAULT),
        **_unless("weights", "cached" if baked else it.origin.weights, "cached"),
        **_unless("gated", it.gated, False),
        **_batching(it),
        **_flags(it),
        **_unless("extra_flags", list(_extra(it)), []),
        **_unless("env", dict(_variables(it)), {}),
        **_unless("labels", dict(_labels(labels)), {}),
    }


def nearest_version(version: str) -> str:
    """Return the release that a spec can name: the same where its minor is known, else the oldest or newest."""
    return version if releases.is_known_minor(version) else releases.known_release(version)


def _resources(resources: Data) -> dict[str, Any]:
    if sku := resources.get("instance_type"):
        return {"instance_type": sku}
    accelerator = str(resources.get("accelerator") or "").removesuffix(":1")
    asked = {key: resources.get(key) for key in ("cpu", "memory")}
    usual = (
        {"cpu": TRUSS_CPU, "memory": TRUSS_MEMORY}
        if accelerator
        else {"cpu": "4", "memory": "16Gi"}
    )
    if not accelerator:
        asked = {"cpu": asked["cpu"] or TRUSS_CPU, "memory": asked["memory"] or TRUSS_MEMORY}
    own = {key: str(value) for key, value in asked.items() if value not in (None, usual[key])}
    return {"accelerator": accelerator.partition(":")[0] or gpus.CPU, **own}


def _batching(it: Deployed) -> dict[str, Any]:
    """Return the sizes, written out even where a lock would choose the same: what runs is what was meant."""
    given = {**ROUTER_DEFAULTS, **it.flags}
    requests = int((it.config.get("runtime") or {}).get("predict_concurrency") or 1)
    batch = _number(given["max-client-batch-size"])
    texts = _number(given["max-concurrent-requests"])
    version = nearest_version(it.version)
    derived = permits_for(version, requests * batch) if isinstance(batch, int) else None
    return {
        "max_client_batch_size": batch,
        **_unless("max_concurrent_requests", texts, derived),
        "predict_concurrency": requests,
        "max_batch_tokens": _number(given["max-batch-tokens"]),
    }


def _flags(it: Deployed) -> dict[str, Any]:
    """Return what else has a word of its own."""
    workers = it.flags.get("tokenization-workers")
    served = it.flags.get("served-model-name")
    prompts = ("default-prompt", "default-prompt-name", "pooling") if it.task == "embedding" else ()
    named = {flags.OURS[flag]: it.flags.get(flag) for flag in ("dtype", *prompts)}
    return {
        **_unless("auto_truncate", auto_truncates(it.flags, it.version), True),
        **({"tokenization_workers": _number(workers)} if workers else {}),
        **({"served_model_name": served} if served not in (None, it.origin.model_id) else {}),
        **{key: value for key, value in named.items() if value is not None},
    }


def _extra(it: Deployed) -> Iterator[str]:
    for name, value in it.flags.items():
        if name in flags.FLAGS and name not in flags.OURS and name not in flags.FORBIDDEN:
            for each in it.command.repeated.get(name, (value,)):
                shown = _number(each) if name in flags.NUMBERS else each
                yield f"--{name}" if shown is None else f"--{name}={shown}"


def _variables(it: Deployed) -> Iterator[tuple[str, str]]:
    """Yield the container's variables, but for flags and tokens."""
    of_flags = {flags.environment_name(flag) for flag in flags.FLAGS}
    for name, value in it.environment.items():
        token = TOKEN_NAME.fullmatch(name) or looks_like_a_token(value) or "@secret:" in value
        if name not in of_flags and not token:
            yield name, value


def _labels(labels: Data) -> Iterator[tuple[str, str]]:
    for name, value in labels.items():
        if name not in RESERVED_LABELS and isinstance(value, str) and not looks_like_a_token(value):
            yield name, value


def _number(text: str | None) -> int | str | None:
    """Return a number as the router reads it, which takes `+5000` and `0032` too."""
    return int(text) if text is not None and re.fullmatch(r"\+?[0-9]{1,18}", text) else text


def _unless(key: str, value: Any, usual: Any) -> dict[str, Any]:
    return {} if value == usual else {key: value}
