"""Reads one model from a stack's outputs: its URLs, limits, space and labels.

It reads the whole of `pulumi stack output --json`, its `models`, one of them, and the variables of
`baseten-tei outputs --format dotenv` (`SEARCH_SYNC_URL`, `SEARCH_MAX_CLIENT_BATCH_SIZE` …), which have no space.
"""

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
    """What a stack's outputs say about one model; `None` where they say nothing."""

    name: str
    task: Task
    sync_url: str
    wake_url: str | None
    baseten_id: str | None = None
    version: str | None = None
    """The config's digest or the deployment's id."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    space: Space | None = None
    labels: tuple[str, ...] | None = None
    multi_label: bool | None = None


def parse_outputs(outputs: Mapping[str, Any], name: str) -> ModelOutputs:
    """Return the model of this name. Raises `OutputsError`, which lists the names there are."""
    if not isinstance(outputs, Mapping):
        raise OutputsError(f"outputs must be a JSON object, not {type(outputs).__name__}")
    version = outputs.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise OutputsError(
            f"the outputs have schema_version {version}, but this client reads {SCHEMA_VERSION}: "
            f"install baseten-tei-client {_release(outputs)}"
        )
    models = outputs["models"] if isinstance(outputs.get("models"), Mapping) else outputs
    if isinstance(models.get("sync_url"), str):
        return _parse_model(models, name)
    if models is outputs and not any(isinstance(value, Mapping) for value in outputs.values()):
        return _from_flat(outputs, name)
    if not isinstance(models.get(name), Mapping):
        raise OutputsError(f"the outputs have no model {name!r}.{_instead(name, models)}")
    return _parse_model(models[name], name)


def _release(outputs: Mapping[str, Any]) -> str:
    """Return which one reads them: what wrote a later version of the outputs names it beside that."""
    release = outputs.get("release")
    return f"{release} or newer" if isinstance(release, str) else "of the stack's own version"


def _parse_model(model: Mapping[str, Any], name: str) -> ModelOutputs:
    task: Any = model.get("task")
    sync_url = model.get("sync_url")
    if task not in get_args(Task) or not isinstance(sync_url, str):
        raise OutputsError(f"model {name!r} has no task, or no sync_url: {_WHOLE}")
    space, labels = model.get("space"), model.get("labels")
    return ModelOutputs(
        name=name,
        task=task,
        sync_url=_url(sync_url, name),
        wake_url=_url(str(model["wake_url"]), name) if model.get("wake_url") else None,
        baseten_id=model.get("baseten_id", model.get("model_id")),
        version=model.get("config_digest") or model.get("deployment_id"),
        limits=_limits(model.get("limits") or {}, name),
        space=Space.of(_mapping(space, f"model {name!r}: space")) if space else None,
        labels=tuple(_texts(labels, f"model {name!r}: labels")) if labels else None,
        multi_label=model.get("multi_label"),
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


def _from_flat(variables: Mapping[str, Any], name: str) -> ModelOutputs:
    prefix = re.sub(r"[^A-Za-z0-9]", "_", name).upper() + "_"
    own = {key.removeprefix(prefix): it for key, it in variables.items() if key.startswith(prefix)}
    task = next((task for key, task in _FLAT_URLS.items() if key in own), None)
    if task is None or "SYNC_URL" not in own:
        names = [key.removesuffix("_SYNC_URL") for key in variables if key.endswith("_SYNC_URL")]
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
        baseten_id=own.get("BASETEN_ID", own.get("MODEL_ID")),
        limits=limits,
    )


def _value(variable: Any) -> int | bool | None:
    """Return a number or boolean of an environment variable; `None` for anything else."""
    text = str(variable).lower()
    return int(text) if text.isdecimal() else {"true": True, "false": False}.get(text)


def _url(url: str, name: str) -> str:
    """Return a URL that may get the API key: https, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OutputsError(f"model {name!r}: {url!r:.200} is not a URL ({error})") from error
    local = parts.hostname in _LOOPBACK or (parts.hostname or "").endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise OutputsError(
            f"model {name!r}: {url!r} is not an https:// URL, and the API key is never sent unencrypted: "
            "give the outputs of a stack on Baseten, or of an emulator on this machine"
        )
    return url.rstrip("/")


def _instead(name: str, models: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, models, n=1, cutoff=0.5)
    if close:
        return f" Perhaps you meant {close[0]!r}?"
    return f" There are: {', '.join(sorted(models))}" if models else " They have no model"
