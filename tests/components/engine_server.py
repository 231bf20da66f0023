"""The engine's side of Pulumi's protocol over real gRPC: it starts a plugin, and records what it registers."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc, resource_pb2, resource_pb2_grpc

from baseten_tei.provider.protocol.values import plain, properties

STACK = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"


@dataclass
class EngineServer(
    resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer
):  # fmt: skip
    """Resource monitor and engine in one: requests by resource name, and what was logged."""

    outputs: Mapping[str, Mapping[str, Any]]
    """What each type's resources have besides their inputs, once an update has made them."""
    preview: bool = False
    registered: dict[str, Any] = field(default_factory=dict)
    logged: list[str] = field(default_factory=list)

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        del request, context
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        del request, context
        values = resource_pb2.ResourceMonitorFeature.values()
        return resource_pb2.DeploymentInfo(supportedFeatures=values)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        del context
        self.registered[request.name] = request
        kinds = request.parent.split("::")[2:3] if request.parent not in ("", STACK) else []
        urn = f"urn:pulumi:dev::proj::{'$'.join([*kinds, request.type])}::{request.name}"
        state = PropertyValue.unmarshal_map(request.object)
        made = {} if self.preview else properties(dict(self.outputs.get(request.type, {})))
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id="" if self.preview or not request.custom else f"{request.name}-id",
            object=PropertyValue.marshal_map({**state, **made}),
            stable=False,
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        del request, context
        return empty_pb2.Empty()

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        del context
        self.logged.append(request.message)
        return empty_pb2.Empty()

    def of_type(self, kind: str) -> Any:
        """The only resource of a type."""
        (only,) = (it for it in self.registered.values() if it.type == kind)
        return only

    def inputs(self, name: str) -> dict[str, Any]:
        return plain(PropertyValue.unmarshal_map(self.registered[name].object))


@contextmanager
def serving(engine: EngineServer) -> Iterator[str]:
    """Its address."""
    server = grpc.server(ThreadPoolExecutor(8))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


@contextmanager
def plugin(module: str, engine: str, folder: Path, environ: Mapping[str, str]) -> Iterator[Any]:
    """A plugin's client: the module is started in the program's folder, as the engine does."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, engine], cwd=folder, env=dict(environ), text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    with (
        process,
        grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel,
    ):
        yield provider_pb2_grpc.ResourceProviderStub(channel)
        process.terminate()
