"""The id of a state: made once, kept, and kept by a replacement too."""

import asyncio

import pytest
from pulumi.provider.experimental import provider as protocol

from baseten_tei.deployment.ownership import state_id_problem
from baseten_tei.provider.protocol.engine import BasetenProvider
from baseten_tei.provider.protocol.values import plain, properties
from baseten_tei.provider.resources.state_id import StateIdResource

URN = "urn:pulumi:dev::proj::baseten:index:StateId::state-id"
SEED = b"0123456789"
Values = dict[str, str]


async def _served(warnings: list[str]) -> BasetenProvider:
    provider = BasetenProvider(
        lambda _: {"baseten:index:StateId": StateIdResource()}, warn=warnings.append
    )
    request = protocol.ConfigureRequest(
        variables={},
        args=properties({"target": "emulator"}),
        accept_secrets=True,
        accept_resources=True,
    )
    await provider.configure(request)
    return provider


def check(old: Values, new: Values, seed: bytes = SEED) -> str:
    async def run() -> str:
        provider = await _served([])
        request = protocol.CheckRequest(URN, properties(old), properties(new), seed)
        return str(plain((await provider.check(request)).inputs)["value"])

    return asyncio.run(run())


def test_a_new_state_gets_an_id_that_the_same_plan_gives_again_and_another_does_not() -> None:
    made = check({}, {})
    assert state_id_problem(made) is None
    assert check({}, {}) == made
    assert check({}, {}, b"another") != made
    assert check({}, {}, b"") != check({}, {}, b"")


def test_the_states_own_id_stays_and_the_programs_word_counts_for_more() -> None:
    assert check({"value": "st-before"}, {}) == "st-before"
    assert check({"value": "st-before"}, {"value": "st-given"}) == "st-given"


@pytest.mark.parametrize(("given", "after"), [({}, "st-before"), ({"value": "st-new"}, "st-new")])
def test_a_replacement_keeps_the_id_unless_the_program_gives_one(given: Values, after: str) -> None:
    """`--replace` and `taint` check as if nothing was there, and delete before they create."""

    async def run() -> str:
        provider = await _served(warnings)
        request = protocol.CheckRequest(URN, {}, properties(given), SEED)
        inputs = (await provider.check(request)).inputs
        state = properties({"value": "st-before"})
        await provider.delete(protocol.DeleteRequest(URN, "state-id", state, 0.0))
        made = await provider.create(protocol.CreateRequest(URN, inputs, 0.0, False))
        return str(plain(made.properties)["value"])

    warnings: list[str] = []
    assert asyncio.run(run()) == after
    assert warnings == [], "nothing of it is on Baseten"


def test_only_the_programs_own_word_changes_it() -> None:
    resource = StateIdResource()
    resource.made_inputs({}, {"value": "st-inputs"}, SEED)
    assert resource.diff({"value": "st-outputs"}, {"value": "st-inputs"}).paths == ()
    resource.made_inputs({"value": "st-given"}, {}, SEED)
    assert resource.diff({"value": "st-outputs"}, {"value": "st-given"}).paths == ("value",)


@pytest.mark.parametrize(
    "wrong", ["", "1e10", "12345678", "st-1", "st-" + "0" * 70, "st-0123\n4567"]
)
def test_what_yaml_may_read_as_a_number_or_no_label_holds_is_no_id(wrong: str) -> None:
    problem = state_id_problem(wrong)
    assert problem is not None
    assert "copy the value of the label pulumi_state" in problem
    assert len(problem) <= 500
