# ruff: noqa: N802 -- gRPC looks methods up by the names of the wire format
"""A stand-in for `pulumi-resource-command` 1.2.1: `command:local:Command` and nothing else.

For machines that cannot download the official plugin. It diffs as that one does (measured on
1.2.1): any changed input is an update that runs `update`, or `create` where there is none, once;
`triggers` always replace; outputs are unknown in previews; only outputs that are inputs inherit
their secrecy. What a command sees and how it fails is in `command.py`.
"""

import secrets
import sys
import threading
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from pulumi_engine.standins.command import Command, CommandFailedError
from pulumi_engine.standins.inputs import REPLACING, UNKNOWN, differences, plain
from pulumi_engine.standins.wire import CHANNEL_OPTIONS, ENGINE_ADDRESS, serve, wire

engine = wire("engine_pb2")
engine_services = wire("engine_pb2_grpc")
plugin = wire("plugin_pb2")
provider = wire("provider_pb2")
services = wire("provider_pb2_grpc")

VERSION = "1.2.1"
NAME = f"pulumi-resource-command {VERSION} (stand-in)"
TYPE = "command:local:Command"
UNSUPPORTED = ("assetPaths", "archivePaths")
OUTPUTS = ("stdout", "stderr")
MAX_COMMANDS = 256  # at once; the engine's --parallel is the limit that counts, threads come lazily


def values(properties: Struct) -> dict[str, Any]:
    """Return the properties without their secret wrappings."""
    return plain(MessageToDict(properties))  # type: ignore[no-any-return]  # a mapping stays one


def unknown_outputs(inputs: Struct) -> Struct:
    """Return every output as unknown, for a preview: each may change with any input."""
    outputs = Struct()
    outputs.update(dict.fromkeys([*inputs.fields, *OUTPUTS], UNKNOWN))
    return outputs


def problems(inputs: dict[str, Any]) -> list[str]:
    """Return the inputs that this stand-in will not take."""
    return [key for key in UNSUPPORTED if key in inputs]


class CommandProvider(services.ResourceProviderServicer):  # type: ignore[misc, name-defined]  # generated
    """Each command runs on the thread of its own request."""

    def __init__(self) -> None:
        self._running: set[Command] = set()
        self._lock = threading.Lock()
        channel = grpc.insecure_channel(ENGINE_ADDRESS, options=CHANNEL_OPTIONS)
        self._engine = engine_services.EngineStub(channel)

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """Return the version whose behaviour this is."""
        return plugin.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        """Accept anything: the provider has no configuration."""
        return provider.CheckResponse(inputs=request.news)

    def DiffConfig(self, _request: Any, _context: Any) -> Any:
        """Report no change: there is no configuration."""
        return provider.DiffResponse(changes=provider.DiffResponse.DIFF_NONE)

    def Configure(self, _request: Any, _context: Any) -> Any:
        """Accept wrapped secrets, so that the outputs of their names stay secret."""
        return provider.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        """Refuse what only the official plugin can do, before anything runs."""
        kind = request.urn.split("::")[2].split("$")[-1]
        if kind != TYPE:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{NAME} has {TYPE} only, not {kind}")
        return provider.CheckResponse(
            inputs=request.news,
            failures=[
                provider.CheckFailure(property=key, reason=f"{NAME} has no {key}: leave it out")
                for key in problems(values(request.news))
            ],
        )

    def Diff(self, request: Any, _context: Any) -> Any:
        """Report any changed input as an update, and one of `triggers` as a replacement."""
        detailed = {}
        for path, kind in differences(values(request.old_inputs), values(request.news)):
            replaces = path.startswith(REPLACING)
            kind_name = f"{kind}_replace" if replaces else kind
            detailed[path] = provider.PropertyDiff(kind=kind_name.upper())  # not `inputDiff`
        return provider.DiffResponse(
            changes="DIFF_SOME" if detailed else "DIFF_NONE",
            replaces=[path for path in detailed if path.startswith(REPLACING)],
            diffs={path.split(".")[0].split("[")[0] for path in detailed},  # in any order
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        """Run `create`, if there is one."""
        name = request.urn.split("::")[-1]
        if request.preview:
            return provider.CreateResponse(properties=unknown_outputs(request.properties))
        text = values(request.properties).get("create")
        outputs = self._run(text, request.properties, Struct(), request, context)
        return provider.CreateResponse(id=f"{name}{secrets.token_hex(4)}", properties=outputs)

    def Update(self, request: Any, context: Any) -> Any:
        """Run `update`, or `create` again where there is none."""
        if request.preview:
            return provider.UpdateResponse(properties=unknown_outputs(request.news))
        inputs = values(request.news)
        text = inputs.get("update", inputs.get("create"))
        outputs = self._run(text, request.news, request.olds, request, context)
        return provider.UpdateResponse(properties=outputs)

    def Delete(self, request: Any, context: Any) -> Any:
        """Run `delete`, if there is one, with the inputs of the last create or update."""
        text = values(request.properties).get("delete")
        self._run(text, request.properties, request.properties, request, context)
        return Empty()

    def Read(self, request: Any, _context: Any) -> Any:
        """Return the state as it is: nothing can be read back."""
        return provider.ReadResponse(
            id=request.id, properties=request.properties, inputs=request.inputs
        )

    def Cancel(self, _request: Any, _context: Any) -> Any:
        """Kill what runs."""
        with self._lock:
            for command in self._running:
                command.kill()
        return Empty()

    def _run(
        self, text: str | None, inputs: Struct, previous: Struct, request: Any, context: Any
    ) -> Struct:
        """Run the text, if any; return the inputs with what it printed, or with the previous output."""
        before = values(previous)
        printed = {key: before.get(key, "") for key in OUTPUTS}
        if text is not None:
            command = Command(text, values(inputs), before, self._log(request.urn))
            printed = self._finish(command, request.timeout, context)
        outputs = Struct()
        outputs.CopyFrom(inputs)
        outputs.update(printed)
        return outputs

    def _finish(self, command: Command, timeout: float, context: Any) -> dict[str, str]:
        """Run to the end, to the time limit in seconds, or until the engine cancels."""
        timer = threading.Timer(timeout, command.kill)
        context.add_callback(command.kill)
        with self._lock:
            self._running.add(command)
        try:
            if timeout:
                timer.start()
            return command.run()
        except CommandFailedError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise  # not reached: abort raises
        finally:
            timer.cancel()
            with self._lock:
                self._running.discard(command)

    def _log(self, urn: str) -> Callable[[str], None]:
        """Show a line in the CLI's status of this resource, as the official plugin does."""

        def log(message: str) -> None:
            request = engine.LogRequest(severity="INFO", message=message, urn=urn, ephemeral=True)
            self._engine.Log(request)

        return log


def main() -> None:
    """Serve until the engine ends this process."""
    print(f"{NAME}, by this project's engine/", file=sys.stderr)
    registered = services.add_ResourceProviderServicer_to_server
    serve(registered, CommandProvider(), MAX_COMMANDS).wait_for_termination()
