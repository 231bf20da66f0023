"""What the two stand-ins share: the SDK's wire format without the SDK, and a gRPC server.

`import pulumi` takes 0.3 s, its protobuf modules alone 0.1 s (SDK 3.272, two cores). The engine
starts a language host twice for one `up`, the first time only to ask for the Python version, and
the program waits while the Command plugin starts; so neither pays for the SDK before it needs it.
"""

import gc
import importlib
import importlib.util
import os
import signal
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import grpc

gc.set_threshold(
    50_000
)  # a tenth of the SDK's import is Python's collecting, and this process lives for a second
ENGINE_ADDRESS = sys.argv[-1]  # the engine passes its own address as the last argument
_LOOK_SECONDS = 0.5
_MAX_MESSAGE = 400 * 1024 * 1024  # bytes; the limit the engine and the SDK set on both ends
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", _MAX_MESSAGE),
    ("grpc.max_send_message_length", _MAX_MESSAGE),
]


class _Register(Protocol):
    def __call__(self, servicer: Any, server: grpc.Server) -> None: ...


def _wire_package() -> str:
    """Mount the SDK's folder of generated modules under a name of its own, once."""
    name = "pulumi_wire"
    sdk = importlib.util.find_spec("pulumi")
    if sdk is None or sdk.submodule_search_locations is None:
        python = sys.executable
        raise SystemExit(f"the Pulumi SDK is not there: run `{python} -m pip install pulumi`")
    package = types.ModuleType(name)
    package.__path__ = [f"{sdk.submodule_search_locations[0]}/runtime/proto"]
    sys.modules.setdefault(name, package)
    return name


def wire(module: str) -> Any:
    """Return a generated module of the wire format, by its name: `wire("language_pb2")`."""
    return importlib.import_module(f"{_wire_package()}.{module}")


def serve(register: _Register, servicer: Any, max_workers: int) -> grpc.Server:
    """Serve on a loopback port that the system chooses and print it, as the engine expects."""
    engine = os.getppid()
    server = grpc.server(ThreadPoolExecutor(max_workers), options=CHANNEL_OPTIONS)
    register(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    _end_at_an_interrupt()
    _end_with(engine)
    try:
        print(port, flush=True)
    except BrokenPipeError:  # the engine has ended already
        os._exit(0)
    return server


def _end_with(engine: int) -> None:
    """End, and what was started here, once the engine is not our parent any more: it was killed, and ends nobody.

    The engine gives each plugin a process group; commands and policy packs are in it.
    """

    def look() -> None:
        while os.getppid() == engine:
            time.sleep(_LOOK_SECONDS)
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGTERM)
        os._exit(0)

    threading.Thread(target=look, daemon=True).start()


def _end_at_an_interrupt() -> None:
    """End at once, whatever the main thread does, and whichever thread the interrupt comes to.

    The engine ends its plugins with SIGINT and waits five seconds for those that do not go. Python runs a handler in
    the main thread alone; where that one waits and another got the signal, it would sleep on (measured: one refresh
    in sixty on a busy machine). Plugins are in process groups of their own: no Ctrl-C in the terminal comes here.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.set_wakeup_fd(writer)

    def wait() -> None:
        while signal.SIGINT not in os.read(reader, 1):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
