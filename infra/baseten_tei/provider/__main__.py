"""`pulumi-resource-baseten ENGINE_ADDRESS`: serves the provider to the engine until it goes."""

import asyncio
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from baseten_tei.baseten_api import BasetenApi
from baseten_tei.embedded import ensure_running
from baseten_tei.errors import UserError
from baseten_tei.provider.engine import BasetenProvider
from baseten_tei.provider.environment import EnvironmentResource
from baseten_tei.provider.model import ModelResource
from baseten_tei.provider.partly_done import partly_done_status
from baseten_tei.provider.progress import Progress
from baseten_tei.provider.releasing import Releasing
from baseten_tei.provider.resource import PartlyDoneError, Resource, Values
from baseten_tei.provider.secret import SecretResource
from baseten_tei.redaction import redact
from baseten_tei.router import router_info
from baseten_tei.target import Target, find_api_key, parse_target

VERSION = "0.1.0"


class OneLineErrors(ProviderServicer):
    """The SDK's servicer, but a `UserError` reaches the reader as it is, without class names or traceback."""

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """As the SDK does."""
        return await _told(super().Configure, request, context)

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """As the SDK does."""
        return await _told(super().Create, request, context)

    async def Update(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """As the SDK does."""
        return await _told(super().Update, request, context)

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """As the SDK does."""
        return await _told(super().Read, request, context)

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """As the SDK does."""
        return await _told(super().Delete, request, context)


async def _told(call: Any, request: Any, context: Any) -> Any:
    try:
        return await call(request, context)
    except Exception as error:  # whatever it is, the engine prints it: no secret may be in it
        cause = error if isinstance(error, UserError) else (error.__cause__ or error.__context__)
        mistake = cause if isinstance(cause, UserError) else error
        text = redact(str(mistake), [os.environ.get("BASETEN_API_KEY")])
        if isinstance(mistake, PartlyDoneError):
            await context.abort_with_status(partly_done_status(mistake, text))
        prefix = "" if isinstance(mistake, UserError) else f"{type(mistake).__name__}: "
        await context.abort(grpc.StatusCode.UNKNOWN, prefix + text)


def resources(progress: Progress, config: Values) -> Mapping[str, Resource]:
    """Every resource of the provider, for the Baseten that its config names. Raises `UserError`."""
    target = parse_target(config.get("target"), os.environ.get("BASETEN_EMULATOR_PORT"))
    api = BasetenApi(target, partial(_connect, target))
    releasing = Releasing(
        api,
        lambda url, seconds: router_info(url, _connect(target), seconds),
        tell=progress.tell,
    )
    return {
        "baseten:index:Model": ModelResource(api),
        "baseten:index:Environment": EnvironmentResource(api, releasing),
        "baseten:index:Secret": SecretResource(api),
    }


def _connect(target: Target) -> str:
    """The API key, once there is something to talk to."""
    key = find_api_key(target, os.environ)
    if target.embedded:
        ensure_running(target.management_url, Path.cwd())
    return key


async def _serve(engine_address: str) -> None:
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    provider = BasetenProvider(partial(resources, Progress(engine_address)))
    servicer = OneLineErrors([], VERSION, provider, engine_address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


def main() -> None:
    """Serve. The engine gives its address, and ends us when it is done."""
    try:
        asyncio.run(_serve(sys.argv[1] if len(sys.argv) > 1 else ""))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
