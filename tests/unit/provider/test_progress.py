"""What the provider says while it works: status lines that pass, warnings that stay, both beside their resource."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from baseten_tei.provider.protocol.progress_lines import Progress, current_urn

URN = "urn:pulumi:dev::proj::baseten:index:Secret::hf"


class Engine(engine_pb2_grpc.EngineServicer):
    """Remembers what was logged."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        assert context.is_active()
        self.heard.append(request)
        return empty_pb2.Empty()


@contextmanager
def listening(engine: Engine) -> Iterator[str]:
    """The engine's address."""
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        engine_pb2_grpc.add_EngineServicer_to_server(engine, server)  # type: ignore[no-untyped-call]  # generated
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        server.stop(None).wait()


@pytest.mark.parametrize(
    ("say", "severity", "passing"),
    [("tell", engine_pb2.INFO, True), ("warn", engine_pb2.WARNING, False)],
)
def test_status_lines_pass_and_warnings_stay(say: str, severity: int, passing: bool) -> None:
    engine = Engine()
    with listening(engine) as address:
        current_urn.set(URN)
        getattr(Progress(address), say)("d1 is BUILDING")
    [heard] = engine.heard
    assert (heard.message, heard.urn) == ("d1 is BUILDING", URN)
    assert (heard.severity, heard.ephemeral) == (severity, passing)


@pytest.mark.parametrize("address", ["", "127.0.0.1:1"])
def test_an_engine_that_does_not_listen_is_no_error(address: str) -> None:
    Progress(address).warn("d1 is BUILDING")
