"""Running a Pulumi program against a recorder: what it registers, with which inputs, after what."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.stack import wait_for_rpcs

SECRET_MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""How Pulumi's protocol says that a value is secret."""


@dataclass
class Registered:
    """One resource as the engine would see it; a secret input stays `{**SECRET_MARK, "value": …}`."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    after: list[str]
    """Names of the resources it explicitly or implicitly depends on."""
    request: Any


@dataclass
class Run:
    """A program that ran: its resources by name, its stack outputs, and what it logged."""

    resources: dict[str, Registered] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def of_type(self, token: str) -> list[Registered]:
        return [resource for resource in self.resources.values() if resource.type == token]


IDS = {
    "model_id": "m1",
    "deployment_id": "d1",
    "max_input_length": 512,
    "dimensions": 768,
    "fingerprint": "v1:AAAA",
}


class Answers(pulumi.runtime.Mocks):
    """What the provider and pulumi-command would say."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        more: dict[str, dict[str, Any]] = {
            "baseten:index:Model": {"generation": "1", "drift": ""},
            "baseten:index:Environment": IDS,
            "baseten:index:Secret": {"generation": "7"},
            "command:local:Command": {"stdout": '{"deployment_id": "d1", "pushed": true}'},
        }
        return f"{args.name}-id", {**args.inputs, **more.get(args.typ, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(f"no function should be called: {args.token}")


class Recorder(mocks.MockMonitor):
    """Keeps every registration, dependencies included."""

    def __init__(self, run: Run) -> None:
        super().__init__(Answers())
        self.run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
            after = [urn.rpartition("::")[2] for urn in request.dependencies]
            parent = request.parent.rpartition("::")[2]
            self.run.resources[request.name] = Registered(
                request.type, request.name, parent, inputs, after, request
            )
        return response


class Listener(mocks.MockEngine):
    """Keeps warnings."""

    def __init__(self, run: Run) -> None:
        super().__init__(None)
        self.run = run

    def Log(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.severity == 2:
            self.run.warnings.append(request.message)
        return super().Log(request)


def run_program(
    program: Callable[[], Any],
    root: Path,
    config: Mapping[str, str] | None = None,
    secrets: tuple[str, ...] = (),
    *,
    preview: bool = False,
) -> Run:
    """Run a program as stack `dev` of project `proj` in `root`."""
    run = Run()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.set_mocks(Answers(), "proj", "dev", preview, monitor=Recorder(run))
        settings.SETTINGS.root_directory = str(root)
        settings.SETTINGS.engine = Listener(run)
        pulumi.runtime.set_all_config(dict(config or {}), list(secrets))
        loop.run_until_complete(_run(program, run))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return run


async def _run(program: Callable[[], Any], run: Run) -> None:
    if (earlier := settings.get_root_resource()) is not None:
        earlier.outputs.clear()  # the SDK keeps what the program before this one exported
    result = program()
    await wait_for_rpcs()
    root = settings.get_root_resource()
    exported = dict(root.outputs) if root is not None else {}
    for name, output in {**exported, **(result or {})}.items():
        run.outputs[name] = await pulumi.Output.from_input(output).future()
