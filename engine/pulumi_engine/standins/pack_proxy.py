"""Stands between the engine and a policy pack: the pack's process is started with what the engine says first.

The engine tells a running pack its stack's configuration, and a pack in Python has it from its environment.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import grpc

from pulumi_engine.standins.pack import Output
from pulumi_engine.standins.wire import CHANNEL_OPTIONS, wire

analyzer = wire("analyzer_pb2")

_CONFIGURE = "/pulumirpc.Analyzer/ConfigureStack"


class PackProxy(grpc.GenericRpcHandler):
    """Serves the engine on `port`; every message but the first two goes to the pack as it is, and its answer back."""

    def __init__(self) -> None:
        self._stack: Future[bytes | None] = Future()
        self._pack: Future[grpc.Channel] = Future()
        server = grpc.server(ThreadPoolExecutor(8), handlers=[self], options=CHANNEL_OPTIONS)
        self.port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._server = server

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Return the handler of a method; messages are bytes."""
        own = {_CONFIGURE: self._configure, "/pulumirpc.Analyzer/Handshake": lambda *_: b""}
        answer = own.get(details.method, partial(self._pass_on, details.method))
        return grpc.unary_unary_rpc_method_handler(answer)

    def stack(self) -> Any:
        """Return the stack that the engine configures the pack for; `None` where it asks something else first."""
        message = self._stack.result()
        if message is None:
            return None
        return analyzer.AnalyzerStackConfigureRequest.FromString(message)

    def relay(self, outputs: Iterable[Output]) -> Iterator[Output]:
        """Yield what the pack prints, less its first line: its port. From there on the pack answers."""
        printed = iter(outputs)
        for name, value in printed:
            if name == "stdout":
                self._attach(int(value))
                break
            yield name, value
        yield from printed
        self.stop()

    def _attach(self, port: int) -> None:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
        if message := self._stack.result():
            _ask(channel, _CONFIGURE, message)
        self._pack.set_result(channel)

    def stop(self) -> None:
        """Answer whoever waits that there is no pack."""
        with suppress(InvalidStateError):
            self._stack.set_result(None)
        with suppress(InvalidStateError):
            self._pack.set_exception(RuntimeError("policy pack not started"))
        self._server.stop(grace=None)

    def _configure(self, request: bytes, _context: Any) -> bytes:
        self._stack.set_result(request)
        return b""

    def _pass_on(self, method: str, request: bytes, context: Any) -> Any:
        with suppress(InvalidStateError):
            self._stack.set_result(None)
        try:
            return _ask(self._pack.result(), method, request)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        except RuntimeError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _ask(channel: grpc.Channel, method: str, request: bytes) -> Any:
    ask: Any = channel.unary_unary(method)  # its type leaves no room for messages that stay bytes
    return ask(request)
