"""`pulumi-resource-baseten ENGINE_ADDRESS`: serves the provider to the engine until it goes."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import grpc.aio
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from baseten_tei import __version__
from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.processes.starter import Gone, end_at_once, parent_gone, watch
from baseten_tei.baseten.router_client import router_info, router_post
from baseten_tei.baseten.target import Target, find_api_key, parse_target
from baseten_tei.errors import UserError
from baseten_tei.project.golden_files import golden_content, project_root
from baseten_tei.provider.protocol.cancellation import Cancellation
from baseten_tei.provider.protocol.engine import BasetenProvider
from baseten_tei.provider.protocol.progress_lines import Progress
from baseten_tei.provider.protocol.resource import Resource, Values
from baseten_tei.provider.protocol.servicer import OneLineErrors
from baseten_tei.provider.release.gates.gates import Asking, Gates
from baseten_tei.provider.release.release import Releasing
from baseten_tei.provider.release.waiting import PATIENCE, Waiting, patience_seconds
from baseten_tei.provider.resources.asked_once import Remembered
from baseten_tei.provider.resources.environment import EnvironmentResource
from baseten_tei.provider.resources.keys.api_key import ApiKeyResource
from baseten_tei.provider.resources.model import ModelResource
from baseten_tei.provider.resources.rate_limit import Pace
from baseten_tei.provider.resources.refresh_calls import ListedReads
from baseten_tei.provider.resources.refused_key import OnceRefusedApi
from baseten_tei.provider.resources.secret import SecretResource
from baseten_tei.provider.resources.state_id import StateIdResource
from baseten_tei.spec.type_tokens import API_KEY, ENVIRONMENT, MODEL, SECRET, STATE_ID

_COLLECTED = 50_000
"""Objects between two collections: at Python's 700, a tenth of importing the SDK is collecting (measured, 0.07 s)."""


def resources(
    progress: Progress, cancellation: Cancellation, remembered: Remembered, config: Values
) -> Mapping[str, Resource]:
    """Return every resource of the provider, for the Baseten that its config names. Raises `UserError`."""
    target = parse_target(config.get("target"), os.environ.get("BASETEN_EMULATOR_PORT"))
    api = OnceRefusedApi(
        target, partial(_connect, target), cancellation.sleep, cancellation.refuse_orphaned
    )
    waiting = Waiting(sleep=cancellation.sleep, tell=progress.tell)
    patience = patience_seconds(os.environ.get(PATIENCE))
    gates = _gates(target, waiting, progress.warn)
    wanted = cancellation.refuse_unwanted
    included: set[str] = set()
    releasing = Releasing(
        api, gates, waiting, progress.warn, patience, wanted, included.__contains__, _read_lock
    )
    reads = ListedReads(api, remembered, Pace(sleep=cancellation.sleep))
    return {
        MODEL: ModelResource(api, progress.warn, reads, included.add),
        ENVIRONMENT: EnvironmentResource(api, releasing, progress.warn, reads, note=progress.note),
        SECRET: SecretResource(api, progress.warn),
        STATE_ID: StateIdResource(),
        API_KEY: ApiKeyResource(api, progress.warn, reads.api_keys),
    }


def _read_lock(stack: str) -> Mapping[Any, Any]:
    """The locked facts of a stack; none where the file cannot be read: an error that needs them has its own words."""
    from baseten_tei.project.generated_files import locked_facts  # reads YAML: for an error alone

    try:
        return locked_facts(project_root(Path.cwd()), stack)
    except UserError:
        return {}


def _gates(target: Target, waiting: Waiting, warn: Callable[[str], None]) -> Gates:
    asking = Asking(
        lambda url, seconds: router_info(url, _connect(target), seconds),
        lambda url, route, body, seconds: router_post(url, route, body, _connect(target), seconds),
        waiting,
    )
    return Gates(
        target, asking, lambda golden: golden_content(project_root(Path.cwd()), golden), warn
    )


def _connect(target: Target) -> str:
    """The API key, once there is something to talk to."""
    key = find_api_key(target, os.environ)
    if target.embedded:
        ensure_running(target.management_url, Path.cwd())
    return key


async def _serve(
    make_servicer: type[OneLineErrors], engine_address: str, engine_gone: Gone
) -> None:
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    cancellation = Cancellation(engine_gone)
    progress, remembered = Progress(engine_address), Remembered()
    make = partial(resources, progress, cancellation, remembered)
    provider = BasetenProvider(
        make, cancellation.cancel, warn=progress.warn, changing=remembered.end
    )
    servicer = make_servicer([], __version__, provider, engine_address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


def main() -> None:
    """Serve the resources."""
    serve(OneLineErrors)


def serve(make_servicer: type[OneLineErrors]) -> None:
    """Serve. The engine gives its address, and ends us by an interrupt when it is done; we end with it anyway."""
    engine_address = sys.argv[1] if len(sys.argv) > 1 else ""
    engine_gone = (
        parent_gone() if engine_address else lambda: False
    )  # by hand: no engine started us
    watch(engine_gone, end_at_once)
    gc.set_threshold(_COLLECTED)
    try:
        asyncio.run(_serve(make_servicer, engine_address, engine_gone))
    except (
        KeyboardInterrupt,
        BrokenPipeError,
    ):  # it is done, or was gone before we told it our port
        # The engine waits for our end, and Python's own takes a quarter of a second (2 cores) and saves nothing.
        os._exit(0)


if __name__ == "__main__":
    main()
