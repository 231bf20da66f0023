"""The SDK's gRPC servicer, but a `UserError` reaches the reader as it is: no class names, no traceback."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2

from baseten_tei.errors import UserError, redact
from baseten_tei.provider.protocol.old_inputs import remember_old_inputs
from baseten_tei.provider.protocol.partly_done import partly_done_status
from baseten_tei.provider.protocol.resource import PartlyDoneError


class OneLineErrors(ProviderServicer):
    """Every call whose error the engine shows, told in one line and without secrets."""

    async def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Answer as the SDK does."""
        return await answer(super().CheckConfig, request, context)

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Answer as the SDK does."""
        return await answer(super().Configure, request, context)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Answer as the SDK does."""
        return await answer(super().Check, request, context)

    async def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Answer as the SDK does."""
        return await answer(super().Diff, request, context)

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Answer as the SDK does."""
        return await answer(super().Create, request, context)

    async def Update(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Answer as the SDK does."""
        return await answer(super().Update, request, context)

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Read as the SDK does, but report as gone only a resource without an id."""
        found = await answer(super().Read, request, context)
        return found if found.id else provider_pb2.ReadResponse()

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        """Delete as the SDK does, with the old inputs, which it drops and which say whose it was."""
        remember_old_inputs(request)
        return await answer(super().Delete, request, context)


async def answer(call: Callable[[Any, Any], Any], request: Any, context: Any) -> Any:
    """Return what a call returns, or end it with its error as one line."""
    try:
        return await call(request, context)
    except grpc.aio.AbortError:
        raise  # it has been told
    except Exception as error:  # whatever it is, the engine prints it: no secret may be in it
        cause = error if isinstance(error, UserError) else (error.__cause__ or error.__context__)
        mistake = cause if isinstance(cause, UserError) else error
        text = redact(str(mistake), [os.environ.get("BASETEN_API_KEY")])
        if isinstance(mistake, PartlyDoneError):
            await context.abort_with_status(partly_done_status(mistake, text, _inputs_of(request)))
        prefix = "" if isinstance(mistake, UserError) else f"{type(mistake).__name__}: "
        await context.abort(grpc.StatusCode.UNKNOWN, prefix + text)


def _inputs_of(request: Any) -> Mapping[str, PropertyValue]:
    """The inputs that a create or an update came with: they say what is secret."""
    names = {field.name for field in request.DESCRIPTOR.fields}
    return PropertyValue.unmarshal_map(request.news if "news" in names else request.properties)
