"""From a stack's outputs to a model that can be called."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, Unpack

from baseten_tei_client.cache import VectorCache
from baseten_tei_client.errors import SpaceMismatchError
from baseten_tei_client.model import AsyncModel
from baseten_tei_client.outputs import ModelOutputs, parse_outputs
from baseten_tei_client.settings import AuthScheme, Settings, TooLong, TransportName
from baseten_tei_client.sources import Outputs, api_key, read_outputs, read_space
from baseten_tei_client.spaces import Space, compare
from baseten_tei_client.sync import Model


class Options(TypedDict, total=False):
    """What `connect` and `aconnect` take besides; settings.py says what each means."""

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
    outputs: Outputs = "env",
    api_key: str | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    **options: Unpack[Options],
) -> Model:
    """A model of a stack, by its name there; nothing is sent yet.

    Args:
        name: The model's name in the stack's configuration.
        outputs: Path of a JSON file, a mapping (also a StackReference's, once resolved), "pulumi" or a
            `PulumiStack`, or "env": the flat `env` output as environment variables.
        api_key: Default: BASETEN_API_KEY.
        expect_space: The space that vectors have to be of; another one raises `SpaceMismatchError` here.
        options: See `Settings`.

    Raises:
        OutputsError: the outputs cannot be read, or do not have this model.
        SpaceMismatchError: its vectors are not comparable with those of `expect_space`.
        UnauthorizedError: there is no key.
        UsageError: an option that cannot be.
    """
    return Model(_model(name, outputs, api_key, expect_space, options))


async def aconnect(
    name: str,
    *,
    outputs: Outputs = "env",
    api_key: str | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    **options: Unpack[Options],
) -> AsyncModel:
    """`connect` for asynchronous callers; `pulumi` and files are waited for in a thread."""
    return await asyncio.to_thread(_model, name, outputs, api_key, expect_space, options)


def _model(
    name: str,
    outputs: Outputs,
    key: str | None,
    expected: Space | Mapping[str, Any] | str | Path | None,
    options: Options,
) -> AsyncModel:
    found = parse_outputs(read_outputs(outputs), name)
    space = None if expected is None else read_space(expected)
    if space is not None:
        _check_space(found, space)
    return AsyncModel(found, Settings(expect_space=space, **options), api_key(key))


def _check_space(found: ModelOutputs, expected: Space) -> None:
    if found.space is None:
        raise SpaceMismatchError(
            f"model {found.name!r}: its outputs tell no space, so that none can be expected: give the JSON of "
            "`pulumi stack output --json` of an embedding model"
        )
    comparison = compare(expected, found.space)
    if not comparison:
        raise SpaceMismatchError(
            f"model {found.name!r} is of another embedding space than expected: {'; '.join(comparison.reasons)}. "
            "Embed the index anew with this model, or connect to the stack it was made with"
        )
