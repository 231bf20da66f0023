"""Saying what a release waits for, beside its resource in Pulumi's display."""

from contextvars import ContextVar

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

current_urn: ContextVar[str] = ContextVar("current_urn", default="")
"""The resource whose call this thread works for."""


class Progress:
    """Status lines to the engine at `address`; they are replaced by the next one, and kept nowhere."""

    def __init__(self, address: str) -> None:
        self._engine = (
            engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None
        )

    def tell(self, text: str) -> None:
        """Show `text` beside the resource that is being worked on. An engine that does not listen is no error."""
        if self._engine is None:
            return
        request = engine_pb2.LogRequest(
            severity=engine_pb2.INFO, message=text, urn=current_urn.get(), ephemeral=True
        )
        try:
            self._engine.Log(request, timeout=5)
        except grpc.RpcError:
            self._engine = None
