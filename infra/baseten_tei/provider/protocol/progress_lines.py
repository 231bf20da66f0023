"""Saying what a release waits for, beside its resource in Pulumi's display."""

from contextvars import ContextVar

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

current_urn: ContextVar[str] = ContextVar("current_urn", default="")
"""The resource whose call this thread works for."""


class Progress:
    """Lines to the engine at `address`, beside the resource that is being worked on."""

    def __init__(self, address: str) -> None:
        self._engine = (
            engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None
        )

    def tell(self, text: str) -> None:
        """Show `text` until the next one comes; it is kept nowhere."""
        self._log(engine_pb2.INFO, text, ephemeral=True)

    def note(self, text: str) -> None:
        """Show `text`, which stays in the display and its summary, and is nothing to worry about."""
        self._log(engine_pb2.INFO, text, ephemeral=False)

    def warn(self, text: str) -> None:
        """Show `text` as a warning, which stays in the display and its summary."""
        self._log(engine_pb2.WARNING, text, ephemeral=False)

    def _log(
        self, severity: engine_pb2.LogSeverity.ValueType, text: str, *, ephemeral: bool
    ) -> None:
        """Ignore an engine that does not listen."""
        if self._engine is None:
            return
        request = engine_pb2.LogRequest(
            severity=severity, message=text, urn=current_urn.get(), ephemeral=ephemeral
        )
        try:
            self._engine.Log(request, timeout=5)
        except grpc.RpcError:
            self._engine = None
