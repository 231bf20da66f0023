"""Pulumi's protocol on the outside, plain Python within."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from baseten_tei.errors import UserError
from baseten_tei.provider.engine import BasetenProvider
from baseten_tei.provider.resource import UNKNOWN, Change, Live, PartlyDoneError
from baseten_tei.provider.values import plain, properties

URN = "urn:pulumi:dev::proj::baseten-tei:index:Embedding$baseten:index:Thing::bge-thing"

values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_plain_values_survive_the_engine(given_values: dict[str, Any]) -> None:
    assert plain(properties(given_values)) == given_values


@given(st.dictionaries(st.text(), values, max_size=4))
def test_every_value_can_go_over_the_wire(given_values: dict[str, Any]) -> None:
    """The SDK marshals no int and nothing computed."""
    wire = PropertyValue.marshal_map(properties(given_values))
    assert plain(PropertyValue.unmarshal_map(wire)) == given_values


def test_whole_numbers_come_back_as_ints_and_others_as_they_are() -> None:
    back = plain(properties({"a": 3, "b": 2.5, "c": True}))
    assert [type(value) for value in back.values()] == [int, float, bool]


def test_what_only_the_update_will_know_is_unknown_both_ways() -> None:
    assert plain({"id": PropertyValue(Computed())}) == {"id": UNKNOWN}
    assert properties({"id": UNKNOWN})["id"].value == UNKNOWN


def test_what_is_none_is_left_out() -> None:
    assert properties({"a": None, "b": {"c": None}}) == {"b": PropertyValue({})}


class Thing:
    """A resource that remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def diff(self, state: dict[str, Any], inputs: dict[str, Any]) -> Change:
        self.calls.append(("diff", state, inputs))
        return Change(("autoscaling.max_replica", "name", "drift"), ("name",))

    def plan(
        self, inputs: dict[str, Any], state: dict[str, Any] | None
    ) -> tuple[str, dict[str, Any]]:
        self.calls.append(("plan", inputs, state))
        return "the-id", {**inputs, "made": UNKNOWN}

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.calls.append(("create", inputs))
        return "the-id", {**inputs, "made": 1}

    def read(self, resource_id: str, inputs: dict[str, Any], state: dict[str, Any]) -> Live:
        self.calls.append(("read", resource_id, inputs, state))
        return Live(resource_id, {**inputs, "name": "live"}, {**state, "made": 2})

    def update(
        self, resource_id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        self.calls.append(("update", resource_id, state, inputs))
        return {**inputs, "made": 3}

    def delete(self, resource_id: str, state: dict[str, Any]) -> None:
        self.calls.append(("delete", resource_id, state))


async def serve(thing: Thing) -> BasetenProvider:
    provider = BasetenProvider(lambda config: {"baseten:index:Thing": thing} if config else {})
    config = properties({"target": "emulator"})
    await provider.configure(
        protocol.ConfigureRequest(
            variables={}, args=config, accept_secrets=True, accept_resources=True
        )
    )
    return provider


NAME = {"name": PropertyValue("bge")}


@pytest.mark.parametrize(("preview", "asked"), [(True, "plan"), (False, "create")])
def test_a_preview_plans_and_an_update_creates(preview: bool, asked: str) -> None:
    async def run() -> protocol.CreateResponse:
        provider = await serve(thing)
        request = protocol.CreateRequest(URN, NAME, 0.0, preview)
        return await provider.create(request)

    thing = Thing()
    response = asyncio.run(run())
    assert [call[0] for call in thing.calls] == [asked]
    assert response.resource_id == "the-id"
    assert plain(response.properties)["made"] == (UNKNOWN if preview else 1)


@pytest.mark.parametrize(("preview", "asked"), [(True, "plan"), (False, "update")])
def test_a_preview_plans_and_an_update_updates(preview: bool, asked: str) -> None:
    async def run() -> protocol.UpdateResponse:
        provider = await serve(thing)
        request = protocol.UpdateRequest(
            resource_id="the-id", urn=URN, olds=NAME, news=NAME, timeout=0.0, ignore_changes=[],
            preview=preview,
        )  # fmt: skip
        return await provider.update(request)

    thing = Thing()
    asyncio.run(run())
    assert [call[0] for call in thing.calls] == [asked]


def test_a_diff_names_each_path_and_what_it_replaces() -> None:
    async def run() -> protocol.DiffResponse:
        provider = await serve(Thing())
        request = protocol.DiffRequest(
            urn=URN, resource_id="id", old_state=NAME, new_inputs=NAME, ignore_changes=[]
        )
        return await provider.diff(request)

    response = asyncio.run(run())
    kinds = protocol.PropertyDiffKind
    assert response.changes is True
    assert list(response.replaces or []) == ["name"]
    assert list(response.diffs or []) == ["autoscaling", "name", "drift"]
    detailed = dict(response.detailed_diff or {})
    assert detailed["name"].kind == kinds.UPDATE_REPLACE
    assert detailed["autoscaling.max_replica"].kind == kinds.UPDATE
    assert detailed["autoscaling.max_replica"].input_diff
    assert not detailed["drift"].input_diff


def test_a_secret_input_stays_secret_when_it_is_read_back() -> None:
    async def run() -> protocol.ReadResponse:
        provider = await serve(Thing())
        secret = {"name": PropertyValue("s3cret").with_secret(True)}
        return await provider.read(protocol.ReadRequest(URN, "id", NAME, secret))

    response = asyncio.run(run())
    assert (response.inputs or {})["name"] == PropertyValue("live").with_secret(True)


def test_many_calls_wait_at_once() -> None:
    """Each create waits for all of them: with one thread, or four, none would ever end."""
    import threading

    together = threading.Barrier(64, timeout=30)

    class Waits(Thing):
        def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            together.wait()
            return super().create(inputs)

    async def run() -> int:
        provider = await serve(thing)
        request = protocol.CreateRequest(URN, NAME, 0.0, False)
        return len(await asyncio.gather(*(provider.create(request) for _ in range(64))))

    thing = Waits()
    assert asyncio.run(run()) == 64


def test_the_resource_is_found_by_the_last_type_of_a_urn() -> None:
    async def run() -> None:
        provider = await serve(thing)
        await provider.delete(
            protocol.DeleteRequest(urn=URN, resource_id="id", properties=NAME, timeout=0.0)
        )

    thing = Thing()
    asyncio.run(run())
    assert thing.calls == [("delete", "id", {"name": "bge"})]


# --- What the reader is told when it fails


class AbortedError(Exception):
    """What gRPC raises for an abort."""


class Context:
    """A gRPC context that remembers how a call was ended."""

    def __init__(self) -> None:
        self.details = ""

    async def abort(self, _code: object, details: str) -> None:
        self.details = details
        raise AbortedError


class EndedError(Exception):
    """What gRPC raises for an abort with a status."""


def test_a_partly_done_resource_reaches_the_engine_with_its_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine then keeps the resource, and the next `up` updates it instead of making another."""
    from pulumi.runtime.proto import provider_pb2, status_pb2

    from baseten_tei.provider.__main__ import OneLineErrors

    monkeypatch.setenv("BASETEN_API_KEY", "the-s3cret-key")
    error = UserError("model 'bge': failed", "  log: the-s3cret-key")
    ended: list[Any] = []

    class Fails(Thing):
        def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            raise PartlyDoneError(error, "the-id", inputs, {**inputs, "failed": "d1"}) from error

    class Keeps(Context):
        async def abort_with_status(self, status: Any) -> None:
            ended.append(status)
            raise EndedError

    async def run() -> None:
        provider = await serve(Fails())
        request = provider_pb2.CreateRequest(urn=URN, properties=PropertyValue.marshal_map(NAME))
        with pytest.raises(EndedError):
            await OneLineErrors([], "0", provider, "").Create(request, Keeps())

    asyncio.run(run())
    [status] = ended
    assert status.details == "model 'bge': failed\n  log: [secret]"
    [(key, packed)] = status.trailing_metadata
    assert key == "grpc-status-details-bin"
    assert b"the-s3cret-key" not in packed
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(packed).details[0].Unpack(detail)
    assert detail.id == "the-id"
    assert dict(detail.inputs) == {"name": "bge"}
    assert dict(detail.properties) == {"name": "bge", "failed": "d1"}


def told(error: Exception, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the engine prints when creating the thing raises `error`: the SDK's own servicer, and ours over it."""
    from pulumi.runtime.proto import provider_pb2

    from baseten_tei.provider.__main__ import OneLineErrors

    monkeypatch.setenv("BASETEN_API_KEY", "the-s3cret-key")

    class Fails(Thing):
        def create(self, _inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            raise error

    async def run() -> str:
        provider, context = await serve(Fails()), Context()
        servicer = OneLineErrors([], "0", provider, "")
        with pytest.raises(AbortedError):
            await servicer.Create(provider_pb2.CreateRequest(urn=URN), context)
        return context.details

    return asyncio.run(run())


def test_a_mistake_of_the_readers_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    error = UserError("model 'bge': one", "  two")
    assert told(error, monkeypatch) == "model 'bge': one\n  two"


def test_no_secret_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "hf_" + "Z9z" * 11
    error = UserError(f"the-s3cret-key and {token} and Bearer abc.def")
    said = told(error, monkeypatch)
    assert said == "[secret] and [secret] and Bearer [secret]"


def test_a_fault_of_ours_keeps_its_trace_but_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    said = told(ValueError("odd: the-s3cret-key"), monkeypatch)
    assert "odd: [secret]" in said
    assert "the-s3cret-key" not in said
