"""What models cost, against a table worked out by hand: price per minute x 43,800 minutes x replicas."""

from typing import Any

import pytest

from baseten_tei.deployment.money.costs import (
    LISTED,
    NOTHING,
    Monthly,
    Prices,
    instance_type,
    monthly,
    total,
)
from tests.support.specs import spec

BY_HAND: list[tuple[dict[str, Any], str, float | None, float | None, float | None]] = [
    # spec, instance, minimum, typical, maximum
    ({}, "L4:4x16", 0.0, 619.332, 619.332),  # 0.01414 a minute
    (
        {"autoscaling": {"min_replica": 2, "max_replica": 6}},
        "L4:4x16",
        1238.664,
        1238.664,
        3715.992,
    ),
    ({"accelerator": "T4"}, "T4x4x16", 0.0, 460.776, 460.776),  # 0.01052
    ({"accelerator": "CPU"}, "4x16", 0.0, 151.548, 151.548),  # 0.00346
    ({"accelerator": "H100", "autoscaling": {"max_replica": 3}}, "H100", 0.0, 4744.854, 14234.562),
    ({"instance_type": "A10Gx8x32"}, "A10Gx8x32", 0.0, 1061.712, 1061.712),  # 0.02424
    (
        {"accelerator": "A10G", "environments": {"staging": {"autoscaling": {"min_replica": 1}}}},
        "A10Gx4x16",
        881.256,  # staging alone, 0.02012
        1762.512,
        1762.512,
    ),
    ({"accelerator": "L40S"}, "L40S", None, None, None),  # no listed instance has one
]


@pytest.mark.parametrize(("more", "name", "minimum", "typical", "maximum"), BY_HAND)
def test_eight_specs_cost_what_was_worked_out_by_hand(
    more: dict[str, Any],
    name: str,
    minimum: float | None,
    typical: float | None,
    maximum: float | None,
) -> None:
    args = spec(**more)
    found = monthly(args, LISTED)
    assert instance_type(args) == name
    for told, wanted in (
        (found.minimum, minimum),
        (found.typical, typical),
        (found.maximum, maximum),
    ):
        assert told == (None if wanted is None else pytest.approx(wanted))


def test_an_unknown_instance_is_unknown_in_every_sum_and_named() -> None:
    unknown, known = monthly(spec(accelerator="L40S"), LISTED), monthly(spec(), LISTED)
    assert total([unknown, known]) == Monthly(None, None, None, frozenset({"L40S"}))


def test_an_account_without_an_instance_knows_no_price_of_it() -> None:
    account = Prices("this account's", {"T4x4x16": 0.01})
    assert monthly(spec(), account).typical is None
    assert monthly(spec(accelerator="T4"), account).typical == pytest.approx(438)


def test_older_names_have_the_price_of_todays() -> None:
    assert LISTED.of("L4x4x16") == LISTED.of("L4:4x16") == LISTED.per_minute["L4:4x16"]


def test_no_models_cost_nothing() -> None:
    assert total([]) == NOTHING


def test_the_table_says_its_date() -> None:
    assert LISTED.source == "Baseten's price list of 2026-08-27"
