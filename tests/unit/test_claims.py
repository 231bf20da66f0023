"""What goes under one name and comes under another is not taken away."""

import asyncio
from typing import Any

import pytest
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue
from test_engine import NAME, URN, Thing, serve

from baseten_tei.provider.claims import Claims

OTHER = URN.replace("bge-thing", "search-thing")
KIND = "baseten:index:Thing"


def deleted(checked: str | None, resource_id: str = "the-id") -> tuple[list[Any], list[str]]:
    """What the resource was asked, and what the reader was told, when `URN` goes after a check of `checked`."""

    async def run() -> None:
        provider = await serve(thing, warn=warnings.append)
        if checked:
            await provider.check(_check(checked))
        await provider.delete(protocol.DeleteRequest(URN, resource_id, NAME, 0.0))

    thing, warnings = Thing(), []  # type: ignore[var-annotated]  # both are filled by the provider
    asyncio.run(run())
    return [call for call in thing.calls if call[0] == "delete"], warnings


def _check(urn: str) -> protocol.CheckRequest:
    inputs: dict[str, PropertyValue] = NAME
    return protocol.CheckRequest(urn, inputs, inputs, b"")


@pytest.mark.parametrize("checked", [None, URN])
def test_what_nobody_else_stands_for_is_deleted(checked: str | None) -> None:
    asked, warnings = deleted(checked)
    assert len(asked) == 1
    assert warnings == []


def test_what_another_resource_stands_for_now_stays_and_says_so() -> None:
    asked, warnings = deleted(OTHER)
    assert asked == []
    assert warnings == ["the-id stays on Baseten: it is 'search-thing' now"]


def test_another_thing_is_deleted_all_the_same() -> None:
    asked, _ = deleted(OTHER, "another-id")
    assert len(asked) == 1


def test_a_claim_is_by_type_and_id() -> None:
    claims = Claims()
    claims.claim((KIND, "m"), URN)
    assert claims.other((KIND, "m"), URN) is None
    assert claims.other(("another:type", "m"), OTHER) is None
    assert claims.other((KIND, "m"), OTHER) == "bge-thing"
