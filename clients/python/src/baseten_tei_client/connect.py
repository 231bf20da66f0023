"""Connects to a model by a stack's outputs."""

import asyncio
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypedDict, Unpack

from baseten_tei_client.cache import VectorCache
from baseten_tei_client.errors import SpaceMismatchError, UsageError
from baseten_tei_client.model import AsyncModel
from baseten_tei_client.outputs import ModelOutputs, parse_outputs
from baseten_tei_client.settings import AuthScheme, Settings, TooLong, TransportName
from baseten_tei_client.sources import Outputs, read_outputs, read_space, require_api_key
from baseten_tei_client.spaces import Space, compare
from baseten_tei_client.sync import Model


class Options(TypedDict, total=False):
    """The other options of `connect` and `aconnect`; each is explained in settings.py."""

    timeout: float
    request_timeout: float
    replicas: int | None
    too_long: TooLong | None
    hedge_after: float | None
    wake_after: float
    cache: VectorCache | None
    tokenizer: Any
    multi_label: bool | None
    probe_space: bool
    transport: TransportName
    auth_scheme: AuthScheme


def connect(
    name: str,
    *,
    environment: str | None = None,
    outputs: Outputs = "env",
    api_key: str | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    **options: Unpack[Options],
) -> Model:
    """Return a model of a stack by its name there. Nothing is sent yet.

    Args:
        name: The model's name in the stack's configuration.
        environment: Another environment of the model than its own, e.g. "staging".
        outputs: Path of a JSON file, a mapping (also a StackReference's, once resolved), a typed module or an
            object of it, "pulumi" or a `PulumiStack`, or "env": `BASETEN_TEI_OUTPUTS` (a path, or JSON), else the
            variables of `baseten-tei outputs --format dotenv`.
        api_key: Default: BASETEN_API_KEY.
        expect_space: The space that the vectors must have; a different one raises `SpaceMismatchError`.
        options: See `Settings`.

    Raises:
        OutputsError: the outputs cannot be read, or have no such model or environment.
        SpaceMismatchError: its vectors are not comparable with those of `expect_space`.
        UnauthorizedError: there is no key.
        UsageError: an option has an impossible value.
    """
    return Model(_model(name, environment, outputs, api_key, expect_space, options))


async def aconnect(
    name: str,
    *,
    environment: str | None = None,
    outputs: Outputs = "env",
    api_key: str | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    **options: Unpack[Options],
) -> AsyncModel:
    """Return an `AsyncModel`, see `connect`; `pulumi` and files are read in a thread."""
    return await asyncio.to_thread(
        _model, name, environment, outputs, api_key, expect_space, options
    )


def _model(
    name: str,
    environment: str | None,
    outputs: Outputs,
    key: str | None,
    expected: Space | Mapping[str, Any] | str | Path | None,
    options: Options,
) -> AsyncModel:
    _check_names(name, environment, options)
    model = parse_outputs(read_outputs(outputs), name, environment)
    space = None if expected is None else read_space(expected)
    if space is not None:
        _check_space(model, space)
    return AsyncModel(model, Settings(expect_space=space, **options), require_api_key(key))


def _check_names(name: object, environment: object, options: Options) -> None:
    """Raise `UsageError` for an option that does not exist, and for what cannot be a name."""
    if not isinstance(name, str):
        raise UsageError(f"a model's name must be a string, not {type(name).__name__}")
    if not isinstance(environment, str | None):
        raise UsageError(f"environment must be a string, not {type(environment).__name__}")
    for option in options:
        if option not in Options.__annotations__:
            close = get_close_matches(option, Options.__annotations__, n=1)
            known = f"perhaps you meant {close[0]}" if close else "see Settings"
            raise UsageError(f"connect has no option {option!r}: {known}")


def _check_space(model: ModelOutputs, expected: Space) -> None:
    if model.space is None:
        raise SpaceMismatchError(
            f"model {model.name!r}: its outputs have no embedding space to compare with the expected one: give the "
            "JSON of `pulumi stack output --json` of an embedding model"
        )
    comparison = compare(expected, model.space)
    if not comparison:
        raise SpaceMismatchError(
            f"model {model.name!r} uses a different embedding space than expected: {'; '.join(comparison.reasons)}. "
            "Embed the index again with this model, or connect to the stack it was made with"
        )
