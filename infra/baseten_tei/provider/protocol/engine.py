"""Pulumi's provider protocol over our resources: many calls at once, and errors in one line."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import pulumi.provider.experimental.provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from baseten_tei.baseten.target import NO_TARGET
from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.facts.files.formats import STATE, check_format
from baseten_tei.provider.protocol.cancellation import InterruptedWaitError
from baseten_tei.provider.protocol.claims import Claims
from baseten_tei.provider.protocol.diff_response import diff_response, may_be_the_same
from baseten_tei.provider.protocol.ids import current_id, not_there
from baseten_tei.provider.protocol.name_swaps import NameSwaps
from baseten_tei.provider.protocol.old_inputs import old_state_id
from baseten_tei.provider.protocol.progress_lines import current_urn
from baseten_tei.provider.protocol.provider_configuration import config_failures
from baseten_tei.provider.protocol.resource import (
    Explained,
    Failure,
    KeptInState,
    Resource,
    Values,
)
from baseten_tei.provider.protocol.secrecy import (
    as_secret_as,
    hidden_inputs,
    mark_secret_outputs,
    mark_secrets,
)
from baseten_tei.provider.protocol.values import plain, properties
from baseten_tei.spec.type_tokens import API_KEY, ENVIRONMENT, MODEL

_T = TypeVar("_T")

THREADS = 256
"""A release holds one for minutes while it waits; they cost nothing until they are used."""

OWNED = (MODEL, ENVIRONMENT, API_KEY)
"""What has an owner in any case; a secret may belong to nobody."""
NAMED = (API_KEY,)
"""What is called like its resource, where the program gives it no name."""

GRACE_SECONDS = 5.0
"""After an interrupt, for a call of Baseten's API to end; one that wakes a model can take minutes."""

Resources = Callable[[Values], Mapping[str, Resource]]


class BasetenProvider(protocol.Provider):
    """Sends each call to the resource of its type. `resources` makes them, given the provider's config."""

    def __init__(
        self,
        resources: Resources,
        cancel: Callable[[], None] = lambda: None,
        grace_seconds: float = GRACE_SECONDS,
        warn: Callable[[str], None] = lambda _: None,
        changing: Callable[[], None] = lambda: None,
    ) -> None:
        """`cancel` ends the waits of all calls that are under way; `warn` speaks of the resource at work.

        `changing` is called before anything is created, updated or deleted.
        """
        self._make = resources
        self._warn = warn
        self._changing = changing
        self._claims = Claims()
        self._swaps = NameSwaps()
        self._held: dict[str, Values] = {}
        """What was replaced and stays, by the URN of the resource that stands for it: its last state."""
        self._cancel = cancel
        self._grace_seconds = grace_seconds
        self._stopped = asyncio.Event()
        self._resources: Mapping[str, Resource] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="baseten")

    async def get_schema(self, request: protocol.GetSchemaRequest) -> protocol.GetSchemaResponse:
        """Return the schema, made on request; a preview needs none."""
        del request
        from baseten_tei.provider.protocol.package_facts import schema_text
        from baseten_tei.provider.protocol.package_schema import package_schema

        return protocol.GetSchemaResponse(schema=schema_text(package_schema()))

    async def check_config(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """Refuse an invalid target or an unknown key, at its key."""
        failures = config_failures(plain(request.new_inputs))
        return _check_response(request.new_inputs, failures)

    async def diff_config(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """Report no replacement for another address: resources are found by name there."""
        del request
        return protocol.DiffResponse(changes=False)

    async def configure(self, request: protocol.ConfigureRequest) -> protocol.ConfigureResponse:
        """Accept the configuration without a call or a key: a preview needs neither."""
        config = plain(request.args)
        self._resources = self._make(config)
        if not config.get("target"):
            self._warn(NO_TARGET)
        return protocol.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def cancel(self) -> None:
        """Stop every wait at once, after an interrupt; a call that hangs is abandoned soon after."""
        self._cancel()
        asyncio.get_running_loop().call_later(self._grace_seconds, self._stopped.set)

    async def check(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """Check changed inputs by their types; unchanged ones were checked before."""
        resource = self._resource(request.urn)
        kind, old = _type_of(request.urn), plain(request.old_inputs)
        inputs = plain(request.new_inputs)
        failures = (
            []
            if inputs == old
            else _failures(kind, inputs, hidden_inputs(kind, request.new_inputs))
        )
        if failures:
            return _check_response(request.new_inputs, failures)
        made = (
            resource.made_inputs(inputs, old, request.random_seed)
            if isinstance(resource, KeptInState)
            else _missing_owner(request.urn, inputs)
        )
        whole = {**inputs, **made}
        if kind == MODEL and (problem := self._find_swap(request.urn, old, whole)):
            return _check_response(request.new_inputs, [Failure("name", problem)])
        self._claims.claim((kind, resource.plan(whole, None)[0]), request.urn, whole)
        return _check_response({**mark_secrets(kind, request.new_inputs), **properties(made)})

    def _find_swap(self, urn: str, old: Values, new: Values) -> str | None:
        before, now = (current_id(MODEL, "", it) for it in (old, new))
        return self._swaps.find_problem(urn, before, now)

    async def diff(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """Return which properties changed, each by its path."""
        state, inputs = _stored(request.old_state), plain(request.new_inputs)
        change = self._resource(request.urn).diff(state, inputs)
        return diff_response(_type_of(request.urn), change, state, inputs)

    async def create(self, request: protocol.CreateRequest) -> protocol.CreateResponse:
        """Plan in a preview, act in an update."""
        resource, inputs = self._resource(request.urn), plain(request.properties)
        if request.preview:
            current_urn.set(request.urn)
            _explain(resource, inputs, None)
            resource_id, state = resource.plan(inputs, None)
        elif held := self._held.pop(request.urn, None):
            resource_id, _ = resource.plan(inputs, held)
            state = await self._change(request.urn, resource.update, resource_id, held, inputs)
        else:
            resource_id, state = await self._change(request.urn, resource.create, inputs)
        made = self._outputs(request.urn, request.properties, state)
        return protocol.CreateResponse(resource_id=resource_id, properties=made)

    async def update(self, request: protocol.UpdateRequest) -> protocol.UpdateResponse:
        """Plan in a preview, act in an update."""
        resource = self._resource(request.urn)
        state, inputs = _stored(request.olds), plain(request.news)
        if request.preview:
            current_urn.set(request.urn)
            _explain(resource, inputs, state)
            _, new = resource.plan(inputs, state)
        else:
            new = await self._change(
                request.urn, resource.update, request.resource_id, state, inputs
            )
        return protocol.UpdateResponse(properties=self._outputs(request.urn, request.news, new))

    async def read(self, request: protocol.ReadRequest) -> protocol.ReadResponse:
        """Return what there is now, also for an import, which has no state; secrets stay secret."""
        resource = self._resource(request.urn)
        inputs, state = plain(request.inputs), _stored(request.properties)
        live = await self._act(request.urn, resource.read, request.resource_id, inputs, state)
        kind = _type_of(request.urn)
        if not live.id and not state:
            raise not_there(kind, request.resource_id)
        found = mark_secrets(kind, properties(live.inputs))
        return protocol.ReadResponse(
            resource_id=live.id,
            inputs=as_secret_as(request.inputs, found),
            properties=self._outputs(request.urn, request.properties, live.state),
        )

    async def delete(self, request: protocol.DeleteRequest) -> None:
        """Take it away, unless a resource of the program stands for it."""
        resource, state = self._resource(request.urn), _stored(request.properties)
        if heir := await self._heir(request, state):
            self._held[heir] = state
            if not isinstance(resource, KeptInState):
                current_urn.set(request.urn)
                name = heir.rpartition("::")[2]
                self._warn(f"{request.resource_id} stays on Baseten: it is {name!r} now")
            return
        whole = {**old_state_id(), **state}
        await self._change(request.urn, resource.delete, request.resource_id, whole)

    async def _heir(self, request: protocol.DeleteRequest, state: Values) -> str | None:
        """The URN of the resource of the program that stands for what is to be deleted, whatever it calls it."""
        kind = _type_of(request.urn)
        thing = (kind, current_id(kind, request.resource_id, state))
        if heir := self._claims.heir(thing):
            return heir
        resource = self._resource(request.urn)
        for urn, inputs in self._claims.others(thing):
            if may_be_the_same(kind, state, inputs) and await self._act(
                request.urn, resource.is_same, state, inputs
            ):
                return urn
        return None

    @staticmethod
    def _outputs(
        urn: str, given: Mapping[str, PropertyValue], state: Values
    ) -> dict[str, PropertyValue]:
        """Return a state as the engine keeps it: what is secret in itself, or was given so, stays secret."""
        return mark_secret_outputs(_type_of(urn), as_secret_as(given, properties(state)))

    def _resource(self, urn: str) -> Resource:
        kind = _type_of(urn)
        if kind in self._resources:
            return self._resources[kind]
        known = did_you_mean(kind, self._resources) or f" Known: {', '.join(self._resources)}"
        raise UserError(f"{kind!r} is not a type of this provider.{known}")

    async def _change(self, urn: str, call: Callable[..., _T], *arguments: Any) -> _T:
        """As `_act`, after which nothing is as it was read."""
        self._changing()
        return await self._act(urn, call, *arguments)

    async def _act(self, urn: str, call: Callable[..., _T], *arguments: Any) -> _T:
        """Run a resource's method in a thread. Raises `InterruptedWaitError` where an interrupt does not end it."""
        current_urn.set(urn)
        working = copy_context()
        loop = asyncio.get_running_loop()
        acting = loop.run_in_executor(self._pool, lambda: working.run(call, *arguments))
        stopping = loop.create_task(self._stopped.wait())
        ends: set[asyncio.Future[Any]] = {acting, stopping}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not acting.done():
            raise InterruptedWaitError
        return acting.result()


def _type_of(urn: str) -> str:
    """The last type of a URN `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`."""
    return urn.split("::")[-2].rpartition("$")[2]


def _explain(resource: Resource, inputs: Values, state: Values | None) -> None:
    """Let a resource say more of a change; its plan alone is also asked for where nothing changes."""
    if isinstance(resource, Explained):
        resource.explain(inputs, state)


def _stored(state: dict[str, PropertyValue]) -> Values:
    """What the state holds of a resource. Raises `UserError` where a later release wrote it."""
    stored = plain(state)
    check_format(STATE, stored)
    return stored


def _missing_owner(urn: str, inputs: Values) -> Values:
    """Return what an owned resource's inputs do not say of its owner, or its name: its URN says it."""
    kind = _type_of(urn)
    if kind not in OWNED:
        return {}
    stack, project = urn.removeprefix("urn:pulumi:").split("::")[:2]
    name = {"name": urn.rpartition("::")[2]} if kind in NAMED else {}
    said = {"project": project, "stack": stack, **name}
    return {key: it for key, it in said.items() if inputs.get(key) is None}


def _failures(kind: str, inputs: Values, hidden: Collection[str]) -> list[Failure]:
    """What the types say. They bring pydantic, which a preview without changes shall not wait for."""
    from baseten_tei.provider.protocol.input_checks import input_failures

    return input_failures(kind, inputs, hidden)


def _check_response(
    inputs: Mapping[str, PropertyValue], failures: Iterable[Failure] = ()
) -> protocol.CheckResponse:
    told = [protocol.CheckFailure(it.property, it.reason) for it in failures]
    return protocol.CheckResponse(inputs=dict(inputs), failures=told)
