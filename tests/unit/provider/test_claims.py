"""What goes under one name and comes under another is not taken away."""

import asyncio
from typing import Any

import pytest
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from baseten_tei.provider.protocol.claims import Claims
from baseten_tei.provider.protocol.ids import current_id
from baseten_tei.provider.protocol.name_swaps import NameSwaps
from baseten_tei.spec.type_tokens import API_KEY, ENVIRONMENT, MODEL
from tests.unit.provider.test_protocol import NAME, URN, Thing, serve

OTHER = URN.replace("bge-thing", "search-thing")
KIND = "baseten:index:Thing"


def deleted(
    checked: str | None, resource_id: str = "the-id", *, same: bool = False, create: bool = False
) -> tuple[list[Any], list[str]]:
    """What the resource was asked, and what the reader was told, when `URN` goes after a check of `checked`."""

    async def run() -> None:
        provider = await serve(thing, warn=warnings.append)
        if checked:
            await provider.check(_check(checked))
        await provider.delete(protocol.DeleteRequest(URN, resource_id, NAME, 0.0))
        if create:
            await provider.create(protocol.CreateRequest(URN, NAME, 0.0, False))

    thing, warnings = Thing(), []  # type: ignore[var-annotated]  # both are filled by the provider
    thing.same = same
    asyncio.run(run())
    return [call for call in thing.calls if call[0] in ("delete", "create", "update")], warnings


def _check(urn: str) -> protocol.CheckRequest:
    inputs: dict[str, PropertyValue] = NAME
    return protocol.CheckRequest(urn, inputs, inputs, b"")


def test_what_nobody_stands_for_is_deleted() -> None:
    asked, warnings = deleted(None)
    assert len(asked) == 1
    assert warnings == []


@pytest.mark.parametrize("checked", [OTHER, URN])
def test_what_a_resource_of_the_program_stands_for_stays_and_says_so(checked: str) -> None:
    asked, warnings = deleted(checked)
    assert asked == []
    assert warnings == [f"the-id stays on Baseten: it is {checked.rpartition('::')[2]!r} now"]


def test_what_stays_is_updated_and_not_made_anew_where_it_was_to_go_first() -> None:
    [(asked, _, state, _)], _ = deleted(URN, create=True)
    assert (asked, state) == ("update", {"name": "bge"})


def test_another_way_to_name_the_same_thing_does_not_take_it_away() -> None:
    asked, warnings = deleted(OTHER, "another-id", same=True)
    assert asked == []
    assert warnings == ["another-id stays on Baseten: it is 'search-thing' now"]


def test_another_thing_is_deleted_all_the_same() -> None:
    asked, _ = deleted(OTHER, "another-id")
    assert len(asked) == 1


def test_a_claim_is_by_type_and_id() -> None:
    claims = Claims()
    claims.claim((KIND, "m"), URN, {"name": "m"})
    assert claims.heir((KIND, "m")) == URN
    assert claims.heir(("another:type", "m")) is None
    assert claims.others((KIND, "n")) == [(URN, {"name": "m"})]
    assert claims.others((KIND, "m")) == []


def test_a_renamed_model_is_what_it_is_called_now_and_not_the_one_that_took_its_name() -> None:
    renamed = {"name": "search", "team": "ads"}
    assert current_id(MODEL, "ads/bge", renamed) == "ads/search"
    environment = {"model": "search", "environment": "production"}
    assert current_id(ENVIRONMENT, "bge/production", environment) == "search/production"
    assert current_id(MODEL, "bge", {}) == "bge"
    assert current_id(API_KEY, "abcdefgh", {"name": "search"}) == "abcdefgh"


RENAMED, NEW = ("urn::a", "bge", "search"), ("urn::b", "", "bge")


@pytest.mark.parametrize("checked", [(RENAMED, NEW), (NEW, RENAMED)])
def test_a_name_is_not_given_up_and_taken_in_one_update(checked: Any) -> None:
    swaps = NameSwaps()
    first, second = (swaps.find_problem(*it) for it in checked)
    assert first is None
    assert second is not None
    assert second.startswith("name 'bge' is given up by a and taken by b in one update")


def test_names_that_stay_or_change_by_themselves_are_no_swap() -> None:
    swaps = NameSwaps()
    same = ("urn::b", "bge", "bge")
    others = (same, ("urn::a", "e5", "search"), ("urn::a", "e5", "search"), ("urn::c", "", "e6"))
    assert [swaps.find_problem(*it) for it in others] == [None] * 4
