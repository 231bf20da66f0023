"""A stack's outputs, read: one model with its URLs, limits, space and labels.

Understood are the whole of `pulumi stack output --json`, its `models`, one model of it, and the flat `env`
output as environment variables (`SEARCH_SYNC_URL`, `SEARCH_MAX_CLIENT_BATCH_SIZE` …), which has no space.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from baseten_tei_client.errors import OutputsError
from baseten_tei_client.limits import LIMIT_NAMES
from baseten_tei_client.spaces import Space

SCHEMA_VERSION = 1
Task = Literal["embedding", "reranker", "classifier"]
_FLAT_URLS: Mapping[str, Task] = {
    "EMBEDDINGS_URL": "embedding",
    "RERANK_URL": "reranker",
    "CLASSIFY_URL": "classifier",
}
_WHOLE = "give the JSON of `pulumi stack output --json`"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class ModelOutputs:
    """What a stack says of one model; what is `None` or absent it does not say."""

    name: str
    task: Task
    sync_url: str
    wake_url: str | None
    model_id: str | None = None
    version: str | None = None
    """What tells one version from the next: the config's digest, or the deployment's id."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    space: Space | None = None
    labels: tuple[str, ...] | None = None
    multi_label: bool | None = None


def parse_outputs(told: Mapping[str, Any], name: str) -> ModelOutputs:
    """The model of this name. Raises `OutputsError` that says what there is."""
    if not isinstance(told, Mapping):
        raise OutputsError(f"outputs are a JSON object, not {type(told).__name__}")
    version = told.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise OutputsError(
            f"the outputs have schema_version {version}, and this client reads {SCHEMA_VERSION}: "
            "install the version of baseten-tei-client that came with the stack"
        )
    models = told["models"] if isinstance(told.get("models"), Mapping) else told
    if isinstance(models.get("sync_url"), str):
        return _parsed(models, name)
    if models is told and not any(isinstance(value, Mapping) for value in told.values()):
        return _from_flat(told, name)
    if not isinstance(models.get(name), Mapping):
        raise OutputsError(f"the outputs have no model {name!r}.{_instead(name, models)}")
    return _parsed(models[name], name)


def _parsed(told: Mapping[str, Any], name: str) -> ModelOutputs:
    task: Any = told.get("task")
    sync_url = told.get("sync_url")
    if task not in get_args(Task) or not isinstance(sync_url, str):
        raise OutputsError(
            f"model {name!r}: task and sync_url are missing: give the JSON of `pulumi stack output --json`"
        )
    space, labels = told.get("space"), told.get("labels")
    return ModelOutputs(
        name=name,
        task=task,
        sync_url=_url(sync_url, name),
        wake_url=_url(str(told["wake_url"]), name) if told.get("wake_url") else None,
        model_id=told.get("model_id"),
        version=told.get("config_digest") or told.get("deployment_id"),
        limits=_limits(told.get("limits") or {}, name),
        space=Space.of(_mapping(space, f"model {name!r}: space")) if space else None,
        labels=tuple(_texts(labels, f"model {name!r}: labels")) if labels else None,
        multi_label=told.get("multi_label"),
    )


def _limits(value: Any, name: str) -> Mapping[str, Any]:
    limits = _mapping(value, f"model {name!r}: limits")
    for key in LIMIT_NAMES:
        if not isinstance(limits.get(key), (int, float, type(None))):
            raise OutputsError(f"model {name!r}: limits.{key} is not a number: {_WHOLE}")
    return limits


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise OutputsError(f"{what} is {type(value).__name__}, not a mapping: {_WHOLE}")


def _texts(value: Any, what: str) -> list[str]:
    if isinstance(value, (list, tuple)) and all(isinstance(it, str) for it in value):
        return list(value)
    raise OutputsError(f"{what} is not a list of texts: {_WHOLE}")


def _from_flat(told: Mapping[str, Any], name: str) -> ModelOutputs:
    prefix = re.sub(r"[^A-Za-z0-9]", "_", name).upper() + "_"
    own = {key.removeprefix(prefix): it for key, it in told.items() if key.startswith(prefix)}
    task = next((task for key, task in _FLAT_URLS.items() if key in own), None)
    if task is None or "SYNC_URL" not in own:
        names = [key.removesuffix("_SYNC_URL") for key in told if key.endswith("_SYNC_URL")]
        raise OutputsError(
            f"no {prefix}SYNC_URL with one of {', '.join(prefix + key for key in _FLAT_URLS)} is set."
            f"{_instead(prefix.removesuffix('_'), dict.fromkeys(names))}"
        )
    limits = {key: _value(own[key.upper()]) for key in LIMIT_NAMES if key.upper() in own}
    return ModelOutputs(
        name=name,
        task=task,
        sync_url=_url(own["SYNC_URL"], name),
        wake_url=_url(own["WAKE_URL"], name) if own.get("WAKE_URL") else None,
        model_id=own.get("MODEL_ID"),
        limits=limits,
    )


def _value(told: Any) -> int | bool | None:
    """A number or a boolean as environment variables have it; `None` for anything else."""
    text = str(told).lower()
    return int(text) if text.isdecimal() else {"true": True, "false": False}.get(text)


def _url(url: str, name: str) -> str:
    """A URL that a key may be sent to: https, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OutputsError(f"model {name!r}: {url!r:.200} is not a URL ({error})") from error
    local = parts.hostname in _LOOPBACK or (parts.hostname or "").endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise OutputsError(
            f"model {name!r}: {url!r} is no https:// URL, and an API key is not sent in clear: "
            "give the outputs of a stack on Baseten, or of an emulator on this machine"
        )
    return url.rstrip("/")


def _instead(name: str, models: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, models, n=1, cutoff=0.5)
    if close:
        return f" Perhaps you meant {close[0]!r}?"
    return f" There are: {', '.join(sorted(models))}" if models else " There is no model in them"
