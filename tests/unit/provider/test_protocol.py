"""Pulumi's protocol on the outside, plain Python within."""

import asyncio
import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.cancellation import InterruptedWaitError
from baseten_tei.provider.protocol.engine import BasetenProvider
from baseten_tei.provider.protocol.resource import UNKNOWN, Change, Live, PartlyDoneError
from baseten_tei.provider.protocol.servicer import OneLineErrors
from baseten_tei.provider.protocol.values import UNKNOWNS, plain, properties

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


@pytest.mark.parametrize("mark", sorted(UNKNOWNS))
def test_what_is_unknown_is_so_whatever_it_will_be(mark: str) -> None:
    assert plain({"id": PropertyValue(mark)}) == {"id": UNKNOWN}


def test_what_is_none_is_left_out() -> None:
    assert properties({"a": None, "b": {"c": None}}) == {"b": PropertyValue({})}


class Thing:
    """A resource that remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.same = False

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

    def is_same(self, state: dict[str, Any], inputs: dict[str, Any]) -> bool:
        del state, inputs
        return self.same


TYPES = ("baseten:index:Thing", "baseten:index:Secret", "baseten:index:Model")


async def serve(thing: Thing, **options: Any) -> BasetenProvider:
    provider = BasetenProvider(
        lambda config: dict.fromkeys(TYPES, thing) if config else {}, **options
    )
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


def test_each_change_is_announced_before_it_is_made_and_no_plan_and_no_read_is() -> None:
    """What reads remember ends there."""
    thing = Thing()

    async def run() -> None:
        provider = await serve(thing, changing=lambda: thing.calls.append(("changing",)))
        for preview in (True, False):
            await provider.create(protocol.CreateRequest(URN, NAME, 0.0, preview))
            await provider.update(protocol.UpdateRequest(URN, "id", NAME, NAME, 0.0, [], preview))
        await provider.read(protocol.ReadRequest(URN, "id", NAME, NAME))
        await provider.delete(protocol.DeleteRequest(URN, "id", NAME, 0.0))

    asyncio.run(run())
    assert [call[0] for call in thing.calls] == [
        "plan", "plan", "changing", "create", "changing", "update", "read", "changing", "delete",
    ]  # fmt: skip


def test_a_diff_names_each_path_and_what_it_replaces() -> None:
    async def run() -> protocol.DiffResponse:
        provider = await serve(Thing())
        request = protocol.DiffRequest(
            urn=URN, resource_id="id", old_state=NAME, new_inputs=NAME, ignore_changes=[]
        )
        return await provider.diff(request)

    response = asyncio.run(run())
    assert response.changes is True
    assert list(response.replaces or []) == ["name"]
    assert set(response.detailed_diff or {}) == {"autoscaling.max_replica", "name", "drift"}


def check(
    old: dict[str, Any], new: dict[str, PropertyValue], kind: str = "Secret"
) -> protocol.CheckResponse:
    """What the provider says of a resource's new inputs, a secret's if nothing else is said."""

    async def run() -> protocol.CheckResponse:
        provider = await serve(Thing())
        urn = URN.replace("Thing", kind)
        return await provider.check(protocol.CheckRequest(urn, properties(old), new, b""))

    return asyncio.run(run())


def test_each_bad_input_is_told_at_its_property() -> None:
    response = check({}, properties({"name": "hf", "from_env": "HF_TOKEN", "tem": "search"}))
    told = [(it.property, it.reason) for it in response.failures or []]
    assert told == [("tem", "unknown key 'tem'. Perhaps you meant 'team'?")]


OF_THE_URN = {"project": "proj", "stack": "dev"}
MODEL = {"name": "bge", "digest": ""}


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("Model", MODEL, {**MODEL, **OF_THE_URN}),
        ("Model", {**MODEL, "project": "other"}, {**MODEL, "project": "other", "stack": "dev"}),
        ("Secret", {"name": "hf", "from_env": "X"}, {"name": "hf", "from_env": "X"}),
    ],
)
def test_a_model_is_of_its_own_project_and_stack_where_nothing_else_is_said(
    kind: str, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    response = check({}, properties(given), kind)
    assert not response.failures
    assert plain(dict(response.inputs or {})) == kept


def test_a_delete_knows_the_state_of_an_earlier_release_by_the_inputs_of_the_last_up() -> None:
    """Its outputs have no `state_id` until something changes; the SDK drops the inputs that the engine sends."""
    from pulumi.runtime.proto import provider_pb2

    async def delete(inputs: dict[str, Any], state: dict[str, Any]) -> None:
        old, properties_ = (PropertyValue.marshal_map(properties(it)) for it in (inputs, state))
        request = provider_pb2.DeleteRequest(
            id="the-id", urn=URN, properties=properties_, old_inputs=old
        )
        await OneLineErrors([], "0", await serve(thing), "").Delete(request, None)

    thing, of_inputs = Thing(), {"name": "bge", "state_id": "st-inputs"}
    asyncio.run(delete(of_inputs, {"name": "bge"}))
    asyncio.run(delete(of_inputs, {"name": "bge", "state_id": "st-state"}))
    asyncio.run(delete({"name": "bge"}, {"name": "bge"}))
    states = [call[2] for call in thing.calls]
    assert [it.get("state_id") for it in states] == ["st-inputs", "st-state", None]


def test_inputs_that_were_checked_already_are_not_checked_again() -> None:
    """Only then does a preview without changes do without pydantic; an import may leave required ones out."""
    unchanged = {"name": "hf"}
    assert check({}, properties(unchanged)).failures
    assert not check(unchanged, properties(unchanged)).failures


def test_a_value_that_was_written_in_the_open_is_secret_from_the_check_on() -> None:
    response = check({}, properties({"name": "hf", "value": "s3cret"}))
    assert (response.inputs or {})["value"] == PropertyValue("s3cret", is_secret=True)
    assert not (response.inputs or {})["name"].is_secret


def test_no_failure_shows_a_secret() -> None:
    wrong = PropertyValue(31337.0, is_secret=True)
    for inputs in ({"name": wrong}, {"name": PropertyValue("hf"), "value": PropertyValue(31337.0)}):
        told = check({}, inputs).failures
        assert told
        assert not [it for it in told if "31337" in it.reason]


def test_a_type_that_is_none_of_ours_is_told_in_one_line() -> None:
    async def run() -> None:
        provider = await serve(Thing())
        await provider.diff(
            protocol.DiffRequest(URN.replace("Thing", "Modle"), "id", NAME, NAME, [])
        )

    with pytest.raises(UserError, match="'baseten:index:Modle' is not a type of this provider"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"target": "emulator", "version": "0.1.0"}, []),
        ({}, []),
        ({"target": UNKNOWN}, []),
        ({"target": "http://example.com"}, ["target"]),
        ({"target": True}, ["target"]),
        ({"taget": "emulator"}, ["taget"]),
    ],
)
def test_a_bad_configuration_is_told_at_its_key(config: dict[str, Any], said: list[str]) -> None:
    provider = BasetenProvider(lambda _: {})
    request = protocol.CheckRequest("urn", {}, properties(config), b"")
    response = asyncio.run(provider.check_config(request))
    assert [it.property for it in response.failures or []] == said


@pytest.mark.parametrize("config", [{}, {"target": "emulator"}, {"target": UNKNOWN}])
def test_a_program_that_does_not_say_which_baseten_it_means_is_told(config: dict[str, Any]) -> None:
    told: list[str] = []
    provider = BasetenProvider(lambda _: {}, warn=told.append)
    asked = protocol.ConfigureRequest({}, properties(config), True, True)
    asyncio.run(provider.configure(asked))
    assert len(told) == (not config)
    assert all("run `pulumi config set baseten:target baseten`" in line for line in told)


def test_the_schema_is_served() -> None:
    provider = BasetenProvider(lambda _: {})
    response = asyncio.run(provider.get_schema(protocol.GetSchemaRequest(0)))
    assert json.loads(response.schema or "")["name"] == "baseten"


def test_what_the_engine_cancels_ends_the_waits() -> None:
    asked: list[bool] = []
    asyncio.run(BasetenProvider(lambda _: {}, lambda: asked.append(True)).cancel())
    assert asked == [True]


def test_what_hangs_in_a_call_is_given_up_after_an_interrupt() -> None:
    begun, answered = threading.Event(), threading.Event()

    class Hangs(Thing):
        def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            begun.set()
            answered.wait(30)
            return super().create(inputs)

    async def run() -> None:
        provider = await serve(Hangs(), grace_seconds=0.0)
        creating = asyncio.create_task(
            provider.create(protocol.CreateRequest(URN, NAME, 0.0, False))
        )
        await asyncio.to_thread(begun.wait, 30)
        await provider.cancel()
        try:
            await creating
        finally:
            answered.set()

    with pytest.raises(InterruptedWaitError):
        asyncio.run(run())


def test_a_call_that_ends_in_time_after_an_interrupt_keeps_its_answer() -> None:
    async def run() -> protocol.CreateResponse:
        provider = await serve(Thing(), grace_seconds=30.0)
        await provider.cancel()
        return await provider.create(protocol.CreateRequest(URN, NAME, 0.0, False))

    assert asyncio.run(run()).resource_id == "the-id"


def test_what_is_gone_is_told_to_the_engine_without_any_properties() -> None:
    """An empty map of properties would be a resource that is there and has none (measured, engine 3.259.0)."""
    from pulumi.runtime.proto import provider_pb2

    class Gone(Thing):
        def read(self, *_asked: Any) -> Live:
            return Live()

    async def read(state: dict[str, PropertyValue], context: Context) -> Any:
        request = provider_pb2.ReadRequest(
            id="the-id", urn=URN, properties=PropertyValue.marshal_map(state)
        )
        return await OneLineErrors([], "0", await serve(Gone()), "").Read(request, context)

    found = asyncio.run(read(NAME, Context()))
    assert not found.HasField("properties")
    context = Context()
    with pytest.raises(AbortedError):
        asyncio.run(read({}, context))
    assert context.details.startswith("Baseten has no Thing 'the-id': its id is name")


def test_a_secret_input_stays_secret_when_it_is_read_back() -> None:
    async def run() -> protocol.ReadResponse:
        provider = await serve(Thing())
        secret = {"name": PropertyValue("s3cret").with_secret(True)}
        return await provider.read(protocol.ReadRequest(URN, "id", NAME, secret))

    response = asyncio.run(run())
    assert (response.inputs or {})["name"] == PropertyValue("live").with_secret(True)


@pytest.mark.parametrize("preview", [True, False])
def test_an_output_is_as_secret_as_the_input_it_repeats(preview: bool) -> None:
    async def run() -> tuple[protocol.CreateResponse, protocol.UpdateResponse]:
        provider = await serve(Thing())
        secret = {"name": PropertyValue({"in": PropertyValue("s3cret", is_secret=True)})}
        created = await provider.create(protocol.CreateRequest(URN, secret, 0.0, preview))
        request = protocol.UpdateRequest(URN, "id", secret, secret, 0.0, [], preview)
        return created, await provider.update(request)

    for response in asyncio.run(run()):
        name = (response.properties or {})["name"].value
        assert name == {"in": PropertyValue("s3cret", is_secret=True)}


def test_many_calls_wait_at_once() -> None:
    """Each create waits for all of them: with one thread, or four, none would ever end."""
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

    monkeypatch.setenv("BASETEN_API_KEY", "the-s3cret-key")
    error = UserError("model 'bge': failed", "  log: the-s3cret-key")
    given = {**NAME, "value": PropertyValue("hf_t0ken", is_secret=True)}
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
        request = provider_pb2.CreateRequest(urn=URN, properties=PropertyValue.marshal_map(given))
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
    assert PropertyValue.unmarshal_map(detail.inputs) == given
    assert PropertyValue.unmarshal_map(detail.properties) == {
        **given,
        "failed": PropertyValue("d1"),
    }


def told(error: Exception, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the engine prints when creating the thing raises `error`: the SDK's own servicer, and ours over it."""
    from pulumi.runtime.proto import provider_pb2

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
