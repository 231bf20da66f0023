"""Pulumi's provider protocol over our resources: many calls at once, and errors in one line."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import pulumi.provider.experimental.provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from baseten_tei.provider.progress import current_urn
from baseten_tei.provider.resource import Change, Resource, Values
from baseten_tei.provider.values import plain, properties

_T = TypeVar("_T")

THREADS = 256
"""A release holds one for minutes while it waits; they cost nothing until they are used."""

Resources = Callable[[Values], Mapping[str, Resource]]


class BasetenProvider(protocol.Provider):
    """Sends each call to the resource of its type. `resources` makes them, given the provider's config."""

    def __init__(self, resources: Resources) -> None:
        self._make = resources
        self._resources: Mapping[str, Resource] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="baseten")

    async def get_schema(self, request: protocol.GetSchemaRequest) -> protocol.GetSchemaResponse:
        """The least an engine asks for."""
        del request
        return protocol.GetSchemaResponse(schema='{"name": "baseten", "version": "0.1.0"}')

    async def check_config(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """Any `baseten:` key passes; `configure` refuses a bad target."""
        return protocol.CheckResponse(inputs=request.new_inputs)

    async def diff_config(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """Another address is no reason to replace resources: they are found by name there."""
        del request
        return protocol.DiffResponse(changes=False)

    async def configure(self, request: protocol.ConfigureRequest) -> protocol.ConfigureResponse:
        """Nothing is called yet, and no key is read: a preview needs neither."""
        self._resources = self._make(plain(request.args))
        return protocol.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """Inputs are checked by the program, where a spec is known; here they pass."""
        return protocol.CheckResponse(inputs=request.new_inputs)

    async def diff(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """Which properties changed, each by its path."""
        resource = self._resource(request.urn)
        change = resource.diff(plain(request.old_state), plain(request.new_inputs))
        return _diff_response(change)

    async def create(self, request: protocol.CreateRequest) -> protocol.CreateResponse:
        """Plan in a preview, act in an update."""
        resource, inputs = self._resource(request.urn), plain(request.properties)
        if request.preview:
            resource_id, state = resource.plan(inputs, None)
        else:
            resource_id, state = await self._act(request.urn, resource.create, inputs)
        return protocol.CreateResponse(resource_id=resource_id, properties=properties(state))

    async def update(self, request: protocol.UpdateRequest) -> protocol.UpdateResponse:
        """Plan in a preview, act in an update."""
        resource = self._resource(request.urn)
        state, inputs = plain(request.olds), plain(request.news)
        if request.preview:
            _, new = resource.plan(inputs, state)
        else:
            new = await self._act(request.urn, resource.update, request.resource_id, state, inputs)
        return protocol.UpdateResponse(properties=properties(new))

    async def read(self, request: protocol.ReadRequest) -> protocol.ReadResponse:
        """What there is now; a value of an input stays as secret as it came."""
        resource = self._resource(request.urn)
        inputs, state = plain(request.inputs), plain(request.properties)
        live = await self._act(request.urn, resource.read, request.resource_id, inputs, state)
        return protocol.ReadResponse(
            resource_id=live.id,
            inputs=_as_secret_as(request.inputs, properties(live.inputs)),
            properties=properties(live.state),
        )

    async def delete(self, request: protocol.DeleteRequest) -> None:
        """Take it away."""
        resource = self._resource(request.urn)
        await self._act(
            request.urn, resource.delete, request.resource_id, plain(request.properties)
        )

    def _resource(self, urn: str) -> Resource:
        """The last type of a URN `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME` says which."""
        return self._resources[urn.split("::")[-2].rpartition("$")[2]]

    async def _act(self, urn: str, call: Callable[..., _T], *arguments: Any) -> _T:
        current_urn.set(urn)
        working = copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: working.run(call, *arguments))


def _diff_response(change: Change) -> protocol.DiffResponse:
    kinds = protocol.PropertyDiffKind
    return protocol.DiffResponse(
        changes=bool(change.paths),
        replaces=list(change.replaces),
        diffs=[path.partition(".")[0] for path in change.paths],
        detailed_diff={
            path: protocol.PropertyDiff(
                kinds.UPDATE_REPLACE if path in change.replaces else kinds.UPDATE,
                input_diff=path != "drift",
            )
            for path in change.paths
        },
    )


def _as_secret_as(
    old: Mapping[str, PropertyValue], new: dict[str, PropertyValue]
) -> dict[str, PropertyValue]:
    return {
        key: value.with_secret(True) if key in old and old[key].is_secret else value
        for key, value in new.items()
    }
