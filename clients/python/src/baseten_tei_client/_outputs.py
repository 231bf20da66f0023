"""Reads one model from a stack's outputs: its URLs, limits, space and labels.

It reads the whole of `pulumi stack output --json`, its `models`, one of them, and the variables of
`baseten-tei outputs --format dotenv` (`SEARCH_SYNC_URL`, `SEARCH_MAX_CLIENT_BATCH_SIZE` …), which have no space.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NoReturn, get_args
from urllib.parse import urlsplit

from baseten_tei_client._flat import find_models, read_variables, wanted_variables
from baseten_tei_client._limits import LIMIT_NAMES
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import OutputsError

SCHEMA_VERSION = 1
Task = Literal["embedding", "reranker", "classifier"]
Role = Literal["current", "next", "previous"]
"""What a model is under its name: what serves, what is to follow it, what served before."""
_WHOLE = "give the JSON of `pulumi stack output --json`"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class ModelOutputs:
    """What a stack's outputs say about one model; `None` where they say nothing."""

    name: str
    task: Task
    sync_url: str
    wake_url: str | None
    environment: str | None = None
    baseten_id: str | None = None
    version: str | None = None
    """The config's digest or the deployment's id."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    space: Space | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] | None = None
    multi_label: bool | None = None
    role: Role = "current"

    @property
    def told_as(self) -> str:
        """Return which model this is in a message: `search`, `search.next`."""
        return self.name if self.role == "current" else f"{self.name}.{self.role}"


def parse_outputs(
    outputs: Mapping[str, Any], name: str, environment: str | None = None
) -> ModelOutputs:
    """Return the model of this name, in its own or another environment. Raises `OutputsError`, which lists what is."""
    return _parse_model(
        _in_environment(_find_model(outputs, name, environment), name, environment), name
    )


def parse_spaces(outputs: Mapping[str, Any], name: str) -> dict[Role, ModelOutputs]:
    """Return each model under this name: the current one alone where it has no other. Raises `OutputsError`."""
    model = _find_model(outputs, name, None)
    spaces = _mapping(model.get("spaces") or {}, f"model {name!r}: spaces")
    found: dict[Role, ModelOutputs] = {"current": _parse_model(model, name)}
    for role in get_args(Role)[1:]:
        if spaces.get(role) is not None:
            beside = _mapping(spaces[role], f"model {name!r}: spaces.{role}")
            found[role] = replace(
                _parse_model({"task": model.get("task"), **beside}, name), role=role
            )
    return found


def _find_model(
    outputs: Mapping[str, Any], name: str, environment: str | None
) -> Mapping[str, Any]:
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
        return models  # one model's own
    if models is outputs and not any(isinstance(value, Mapping) for value in outputs.values()):
        models = {name: read_variables(outputs, name, environment) or _no_variables(outputs, name)}
    if not isinstance(found := models.get(name), Mapping):
        raise OutputsError(f"the outputs have no model {name!r}.{_instead(name, models)}")
    return found


def _no_variables(variables: Mapping[str, Any], name: str) -> NoReturn:
    url, others = wanted_variables(name)
    hint = _instead(url.removesuffix("_SYNC_URL"), dict.fromkeys(find_models(variables)))
    raise OutputsError(f"no {url} with one of {', '.join(others)} is set.{hint}")


def _in_environment(
    model: Mapping[str, Any], name: str, environment: str | None
) -> Mapping[str, Any]:
    """Return what the outputs say of the model there; by default in its own environment."""
    own = model.get("environment")
    if environment is None or environment == own:
        return model
    environments = _mapping(model.get("environments") or {}, f"model {name!r}: environments")
    if isinstance(found := environments.get(environment), Mapping):
        return {**_of_model(model), **found, "environment": environment}
    raise OutputsError(_no_environment(name, environment, own, environments))


def _of_model(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is the model's own, whatever serves where."""
    return {key: model[key] for key in ("baseten_id", "model_id", "task") if key in model}


def _no_environment(
    name: str, environment: str, own: str | None, environments: Mapping[str, Any]
) -> str:
    what = f"model {name!r} has no environment {environment!r}"
    if not environments:
        return (
            f"{what} in its outputs, but only {own or 'one'}: add it to the model's `environments`; if it is there, "
            "run `pulumi up` with the newest baseten-tei, and give the outputs again"
        )
    names = {*environments, *([own] if isinstance(own, str) else [])}
    return f"{what}.{_instead(environment, dict.fromkeys(names))}"


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
        environment=model.get("environment"),
        baseten_id=model.get("baseten_id", model.get("model_id")),
        version=model.get("config_digest") or model.get("deployment_id"),
        limits=_limits(model.get("limits") or {}, name),
        space=Space.of(_mapping(space, f"model {name!r}: space")) if space else None,
        prompts=_prompts(model.get("prompts") or {}, f"model {name!r}: prompts"),
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


def _prompts(value: Any, what: str) -> Mapping[str, str]:
    prompts = _mapping(value, what)
    if not all(isinstance(it, str) for it in prompts.values()):
        raise OutputsError(f"{what} has values that are not texts: {_WHOLE}")
    return dict(prompts)


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
