"""Connects to a model by a stack's outputs."""

import asyncio
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypedDict, Unpack

from baseten_tei_client._cache import VectorCache
from baseten_tei_client._model import AsyncModel
from baseten_tei_client._outputs import Role, parse_spaces
from baseten_tei_client._routing import choose_model
from baseten_tei_client._sources import Outputs, read_outputs, read_space, require_api_key
from baseten_tei_client._spaces import Space
from baseten_tei_client._sync import Model
from baseten_tei_client.errors import UsageError
from baseten_tei_client.settings import AuthScheme, Settings, TooLong, TransportName


class Options(TypedDict, total=False):
    """The other options of `connect` and `aconnect`; each is a field of `Settings`."""

    timeout: float
    request_timeout: float
    replicas: int | None
    share: float
    too_long: TooLong | None
    hedge_after: float | None
    wake_after: float
    cache: VectorCache | None
    tokenizer: Any
    fetch_tokenizer: bool
    multi_label: bool | None
    probe_space: bool
    transport: TransportName
    auth_scheme: AuthScheme


def connect(
    name: str,
    *,
    environment: str | None = None,
    space: Role | None = None,
    outputs: Outputs = "env",
    api_key: str | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    **options: Unpack[Options],
) -> Model:
    """Return a model of a stack by its name there. Nothing is sent yet.

    Args:
        name: The model's name in the stack's configuration.
        environment: Another environment of the model than its own, e.g. "staging".
        space: Which of the models under the name: "current", "next" or "previous". Default: the one of
            `expect_space`, or else the current one.
        outputs: Path of a JSON file, a mapping (also a StackReference's, once resolved), a typed module or an
            object of it, "pulumi" or a `PulumiStack`, or "env": `BASETEN_TEI_OUTPUTS` (a path, or JSON), else the
            variables of `baseten-tei outputs --format dotenv`.
        api_key: Default: BASETEN_API_KEY.
        expect_space: The space that the vectors must have. Whichever model under the name serves it is called; if
            none does, `SpaceMismatchError` lists those that are served.
        options: See `Settings`.

    Raises:
        OutputsError: the outputs cannot be read, or have no such model, environment or space.
        SpaceMismatchError: no model under the name has vectors comparable with those of `expect_space`.
        UnauthorizedError: there is no key.
        UsageError: an option has an impossible value.
    """
    return Model(_model(name, environment, space, outputs, api_key, expect_space, options))


async def aconnect(
    name: str,
    *,
    environment: str | None = None,
    space: Role | None = None,
    outputs: Outputs = "env",
    api_key: str | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    **options: Unpack[Options],
) -> AsyncModel:
    """Return an `AsyncModel`, see `connect`; `pulumi` and files are read in a thread."""
    return await asyncio.to_thread(
        _model, name, environment, space, outputs, api_key, expect_space, options
    )


def _model(
    name: str,
    environment: str | None,
    role: Role | None,
    outputs: Outputs,
    key: str | None,
    expected: Space | Mapping[str, Any] | str | Path | None,
    options: Options,
) -> AsyncModel:
    _check_names(name, environment, options)
    expected_space = None if expected is None else read_space(expected)
    found = read_outputs(outputs)
    model = choose_model(found, name, environment, role, expected_space)
    others = parse_spaces(found, name).values() if environment is None else ()
    beside = [it for it in others if it.role != model.role]
    settings = Settings(expect_space=expected_space, **options)
    return AsyncModel(model, settings, require_api_key(key), beside)


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
