# ruff: noqa: N802 -- gRPC looks methods up by the names of the wire format
"""A stand-in for `pulumi-language-python`, the engine's host for Python programs.

For machines that cannot have the official host, which comes only with Pulumi's own bundle. Started
with the Python of the project's virtual environment, it runs the program in its own process, on the
main thread (`program.py`): the official host's second process costs 0.2 to 0.3 s of a one-second
`up`. The engine starts a host for every operation and asks it for one run (measured on 3.259), so
nothing can leak from one program into the next; a second run is refused.

Policy packs run beside the program, each in a process of its own (`pack.py`). Other plugins in Python, which
are components, need the official host.
"""

import importlib.metadata
import json
import platform
import queue
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict

from pulumi_engine.standins.wire import ENGINE_ADDRESS, serve, wire

language = wire("language_pb2")
plugin = wire("plugin_pb2")
services = wire("language_pb2_grpc")

ABOUT = "stand-in by this project's engine/, not the official host"


def required_packages(site: Path) -> Iterator[Any]:
    """Yield the plugins that the installed SDKs ask for, each in its `pulumi-plugin.json`."""
    for file in sorted(site.glob("*/pulumi-plugin.json")):
        asked = json.loads(file.read_text())
        if asked.get("resource"):
            name = asked.get("name") or file.parent.name.removeprefix("pulumi_")
            yield plugin.PackageDependency(
                name=name,
                kind="resource",
                version=asked.get("version", ""),
                server=asked.get("server", ""),
            )


class LanguageHost(services.LanguageRuntimeServicer):  # type: ignore[misc, name-defined]  # generated
    """Answers the engine on gRPC's threads; programs wait in `runs` for the main thread."""

    def __init__(self) -> None:
        self.runs: queue.SimpleQueue[tuple[Any, Future[Any]]] = queue.SimpleQueue()
        self._may_run = threading.Semaphore(1)
        self._end_run: Callable[[], None] = lambda: None

    def Handshake(self, _request: Any, _context: Any) -> Any:
        """Accept the engine's address; it is known from argv."""
        return language.LanguageHandshakeResponse()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """Return no version: the host is this project's own."""
        return plugin.PluginInfo()

    def About(self, _request: Any, _context: Any) -> Any:
        """Return what `pulumi about` and an update's metadata show."""
        return language.AboutResponse(
            executable=sys.executable,
            version=platform.python_version(),
            metadata={"languageHost": ABOUT},
        )

    def GetRequiredPackages(self, _request: Any, _context: Any) -> Any:
        """Return the plugins that the engine needs before the program runs."""
        site = Path(sysconfig.get_path("purelib"))
        return language.GetRequiredPackagesResponse(packages=required_packages(site))

    def GetProgramDependencies(self, _request: Any, _context: Any) -> Any:
        """Return every distribution of the environment, for `pulumi about`."""
        return language.GetProgramDependenciesResponse(
            dependencies=[
                language.DependencyInfo(name=found.metadata["Name"], version=found.version)
                for found in importlib.metadata.distributions()
            ]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Make the project's environment, and install what it asks for: pip, uv or poetry do it."""
        from pulumi_engine.standins.install import install_commands, run_commands

        root, program = Path(request.info.root_directory), Path(request.info.program_directory)
        commands = install_commands(root, program, MessageToDict(request.info.options))
        try:
            for line in run_commands(commands, program):
                yield language.InstallDependenciesResponse(stdout=line)
        except (OSError, RuntimeError) as error:
            context.abort(grpc.StatusCode.INTERNAL, str(error))

    def RuntimeOptionsPrompts(self, _request: Any, _context: Any) -> Any:
        """Answer `pulumi new`: there is nothing to ask."""
        return language.RuntimeOptionsResponse()

    def Run(self, request: Any, context: Any) -> Any:
        """Hand the program to the main thread and wait for its end."""
        if not self._may_run.acquire(blocking=False):
            reason = "this language host has run its program; an operation starts its own"
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
        from pulumi_engine.standins.program import interrupt

        done: Future[Any] = Future()
        self._end_run = lambda: None if done.done() else interrupt()
        context.add_callback(self._end_run)  # at its end, and when the engine waits no longer
        self.runs.put((request, done))
        return done.result()

    def Cancel(self, _request: Any, _context: Any) -> Any:
        """End the program, if one runs."""
        self._end_run()
        return Empty()

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a policy pack for as long as the engine wants it; components need the official host."""
        from pulumi_engine.standins import pack, program
        from pulumi_engine.standins.pack_proxy import PackProxy

        if request.kind != pack.KIND:
            reason = f"pulumi-language-python is a {ABOUT}: it starts no plugins but policy packs"
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{reason} (engine/README.md)")
        if refusal := program.refusal(request.info, "PulumiPolicy.yaml"):
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, refusal)
        proxy = PackProxy()
        context.add_callback(proxy.stop)
        yield language.RunPluginResponse(stdout=b"%d\n" % proxy.port)
        process = pack.start(request, proxy.stack())
        if not context.add_callback(process.kill):  # the engine ends a pack by ending this call
            process.kill()
        for name, value in proxy.relay(pack.outputs(process)):
            yield language.RunPluginResponse(**{name: value})

    def run_program(self) -> None:
        """Run the one program, on the main thread: where asyncio and signals expect to be."""
        request, done = self.runs.get()
        try:
            from pulumi_engine.standins import program  # the SDK's 0.2 s: the first host runs none

            done.set_result(language.RunResponse(**program.run(request, ENGINE_ADDRESS)))
        except BaseException as error:  # a future without an end would hang the engine
            done.set_exception(error)


def main() -> None:
    """Serve until the engine ends this process."""
    host = LanguageHost()
    server = serve(services.add_LanguageRuntimeServicer_to_server, host, max_workers=8)
    host.run_program()
    server.wait_for_termination()
