"""The plugin on the wire: the provider of the resources, which constructs components besides."""

from typing import Any

import grpc
from pulumi.errors import InputPropertiesError
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.resource_pb2_grpc import ResourceMonitorStub

from baseten_tei.baseten.target import BASETEN
from baseten_tei.provider.protocol.servicer import OneLineErrors, answer


class ComponentServicer(OneLineErrors):
    """As the provider of the resources, with another schema and configuration, and with `Construct`."""

    _target: str | None = None
    _monitor: tuple[str, ResourceMonitorStub] | None = None

    async def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Return the components' schema, made on request."""
        del request, context
        from baseten_tei.program.plugin.component_schema import component_schema
        from baseten_tei.provider.protocol.package_facts import schema_text

        return provider_pb2.GetSchemaResponse(schema=schema_text(component_schema()))

    async def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Keep the target alone: the engine gives a default provider all that the stack has under `baseten-tei:`."""
        for key in set(request.news) - {"target"}:
            del request.news[key]
        return await super().CheckConfig(request, context)

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Accept the configuration; what a component takes may be the output or the reference of a resource."""
        target = PropertyValue.unmarshal_map(request.args).get("target")
        self._target = target.value if target and isinstance(target.value, str) else None
        if (
            self._target is None
        ):  # the components' own provider: those in them have one with a target
            request.args["target"] = BASETEN
        response = await super().Configure(request, context)
        response.acceptResources = response.acceptOutputs = True
        return response

    async def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Register a component, its errors in one line, or each at its property."""
        return await answer(self._construct_component, request, context)

    async def _construct_component(self, request: Any, context: Any) -> Any:
        from baseten_tei.program.plugin.construct import Constructing

        inputs = PropertyValue.unmarshal_map(request.inputs)
        for name, dependencies in request.inputDependencies.items():
            inputs[name] = inputs[name].with_dependencies(dependencies.urns)
        monitor = self._connect(request.monitorEndpoint)
        secret_outputs = request.additionalSecretOutputs
        made = Constructing(inputs, self._target, monitor, secret_outputs)
        sdk = ProviderServicer(made, [], self._engine_address)
        try:
            return await sdk._construct(request, context)
        except InputPropertiesError as error:
            status = sdk.create_grpc_invalid_properties_status(error.message, error.errors)
            await context.abort_with_status(status)

    def _connect(self, address: str) -> ResourceMonitorStub:
        """The connection to the engine of one preview or update."""
        if self._monitor is None or self._monitor[0] != address:
            channel = grpc.insecure_channel(address, options=_GRPC_CHANNEL_OPTIONS)
            self._monitor = (address, ResourceMonitorStub(channel))
        return self._monitor[1]
