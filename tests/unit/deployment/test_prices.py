"""Prices: the instance a spec lands on, and what it costs."""

from typing import Any

import pytest

from baseten_tei.deployment.instances import SKUS
from baseten_tei.deployment.money import prices
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY
from tests.support.specs import spec


@pytest.mark.parametrize(
    ("more", "gpu", "name"),
    [
        ({}, "L4", "L4:4x16"),
        ({}, "T4", "T4x4x16"),
        ({}, "H100_40GB", "H100MIG"),
        ({}, "CPU", "4x16"),
        ({"cpu": "1", "memory": "2Gi"}, "CPU", "1x2"),
        ({"memory": "17Gi"}, "L4", "L4:2x24x96"),
        ({"memory": "17Gi"}, "A10G", "A10Gx8x32"),
        ({"cpu": "6"}, "T4", "T4x8x32"),
        ({"instance_type": "A10Gx16x64"}, "A10G", "A10Gx16x64"),
        ({"instance_type": "L4x4x16"}, "L4", "L4:4x16"),
    ],
)
def test_a_spec_lands_on_the_cheapest_instance_that_holds_what_it_asks(
    more: dict[str, Any], gpu: str, name: str
) -> None:
    found = prices.sku_of(spec(**more), gpu)
    assert found is not None
    assert found.name == name


def test_more_than_the_largest_instance_lands_nowhere() -> None:
    assert prices.sku_of(spec(memory="9000Gi"), "L4") is None


def test_gpus_that_no_page_gives_a_price_have_none() -> None:
    without = {gpu for gpu in COMPUTE_CAPABILITY if prices.smallest(gpu) is None}
    assert without == {"L40S", "A100_40GB", "V100", "B300", "GB300"}


def test_a_month_of_an_l4_is_730_hours_of_its_minutes() -> None:
    found = prices.smallest("L4")
    assert found is not None
    assert prices.usd_per_month(found) == pytest.approx(0.01414 * 60 * 730)


def test_gpus_are_compared_by_the_instance_that_the_spec_would_land_on() -> None:
    order = [it.gpu for it in prices.by_price(spec())]
    assert order[:4] == ["T4", "L4", "A10G", "H100_40GB"]
    assert len(order) == len({it.gpu for it in SKUS} - {"CPU"})
    much = [it.gpu for it in prices.by_price(spec(memory="60Gi"))]
    assert much[0] == "T4"
    assert "L4" not in much  # its larger instances have several GPUs
    prices_in_order = [it.price for it in prices.by_price(spec())]
    assert prices_in_order == sorted(prices_in_order)
