"""Reads one model from the variables of `baseten-tei outputs --format dotenv`, as the JSON of the outputs has it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from baseten_tei_client._limits import LIMIT_NAMES

_TASKS: Mapping[str, str] = {
    "EMBEDDINGS_URL": "embedding",
    "RERANK_URL": "reranker",
    "CLASSIFY_URL": "classifier",
}
_URL = "_SYNC_URL"
_FURTHER = "_ENVIRONMENTS_"
"""Between a model's name and that of an environment besides its own: `SEARCH_ENVIRONMENTS_STAGING_SYNC_URL`."""

_BESIDE = "_SPACES_"
"""Between a model's name and what one beside it is: `SEARCH_SPACES_NEXT_SYNC_URL`."""


def read_variables(
    variables: Mapping[str, Any], name: str, environment: str | None
) -> dict[str, Any] | None:
    """Return the model as its JSON would be, without space and labels; `None` where no variable is of it.

    Variables do not say how an environment is spelled: the one that is asked for is, the others are guessed.
    """
    own = _below(variables, f"{_variable(name)}_")
    if _task(own) is None or "SYNC_URL" not in own:
        return None
    asked = {_variable(environment): environment} if environment else {}
    further, beside = _below(own, _FURTHER[1:]), _below(own, _BESIDE[1:])
    names = [key.removesuffix(_URL) for key in further if key.endswith(_URL)]
    return {
        **_serving(own),
        "task": _task(own),
        "environment": own.get("ENVIRONMENT"),
        "baseten_id": own.get("BASETEN_ID", own.get("MODEL_ID")),
        "environments": {
            asked.get(it, it.lower()): _serving(_below(further, f"{it}_")) for it in names
        },
        "spaces": {
            key.removesuffix(_URL).lower(): _beside(_below(beside, key.removesuffix("SYNC_URL")))
            for key in beside
            if key.endswith(_URL)
        },
    }


def wanted_variables(name: str) -> tuple[str, list[str]]:
    """Return which variable a model has, and of which others it has one, as this client reads them."""
    prefix = f"{_variable(name)}_"
    return f"{prefix}SYNC_URL", [f"{prefix}{key}" for key in _TASKS]


def find_models(variables: Mapping[str, Any]) -> list[str]:
    """Return the names of models that have variables, as variables spell them."""
    names = [key.removesuffix(_URL) for key in variables if key.endswith(_URL)]
    return [it for it in names if _FURTHER not in it and _BESIDE not in it]


def _beside(own: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_serving(own), "environment": own.get("ENVIRONMENT"), "baseten_id": own.get("BASETEN_ID"),
    }  # fmt: skip


def _serving(own: Mapping[str, Any]) -> dict[str, Any]:
    limits = {key: _value(own[key.upper()]) for key in LIMIT_NAMES if key.upper() in own}
    prompts = _prompts(own.get("PROMPTS"))
    return {
        "sync_url": own["SYNC_URL"], "wake_url": own.get("WAKE_URL"), "limits": limits,
        "prompts": prompts,
    }  # fmt: skip


def _prompts(variable: Any) -> Any:
    """Return the prompts, which are JSON; what is not is left for the reader of outputs to refuse."""
    try:
        return json.loads(variable) if isinstance(variable, str) else variable
    except (ValueError, RecursionError):
        return variable


def _task(own: Mapping[str, Any]) -> str | None:
    return next((task for key, task in _TASKS.items() if key in own), None)


def _below(variables: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): it for key, it in variables.items() if key.startswith(prefix)}


def _variable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def _value(variable: Any) -> int | bool | None:
    """Return a number or boolean of an environment variable; `None` for anything else."""
    text = str(variable).lower()
    return int(text) if text.isdecimal() else {"true": True, "false": False}.get(text)
