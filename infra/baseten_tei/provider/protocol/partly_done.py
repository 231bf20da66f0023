"""Telling the engine of a resource that failed halfway: it keeps the state, and the next `up` updates it.

The SDK's provider has no such answer (3.272.0); Pulumi's protocol has: an error status that carries
`ErrorResourceInitFailed` (proto/pulumi/provider.proto).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2, status_pb2

from baseten_tei.provider.protocol.resource import PartlyDoneError
from baseten_tei.provider.protocol.secrecy import as_secret_as
from baseten_tei.provider.protocol.values import properties


@dataclass(frozen=True)
class ErrorStatus(grpc.Status):
    """A gRPC status with details, in the form `abort_with_status` takes."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def partly_done_status(
    error: PartlyDoneError, text: str, given: Mapping[str, PropertyValue]
) -> ErrorStatus:
    """Return the status for a partly done resource.

    `text` is its message with every secret masked; what is secret in the `given` inputs is so in its state.
    """
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=PropertyValue.marshal_map(as_secret_as(given, properties(error.state))),
        inputs=PropertyValue.marshal_map(as_secret_as(given, properties(error.inputs))),
        reasons=[text],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text)
    status.details.add().Pack(detail)
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    return ErrorStatus(grpc.StatusCode.UNKNOWN, text, metadata)
