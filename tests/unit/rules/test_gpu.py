"""GPU and image, GPU and instance: the rules, and the tables they read."""

import pytest

from baseten_tei.deployment import instances
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei import gpus
from baseten_tei.facts.tei.images import NoImage, image_for
from baseten_tei.facts.tei.releases import KNOWN
from baseten_tei.rules.gpu import image_rules
from baseten_tei.rules.gpu.account_rule import organization_lacks_gpu
from baseten_tei.rules.rule import Finding
from tests.support.corpus import subject

RULES = {rule.id: rule for rule in image_rules.RULES}


def found(of: Subject) -> dict[str, Finding]:
    return {rule.id: it for rule in image_rules.RULES for it in rule.find(of)}


@pytest.mark.parametrize("version", KNOWN)
@pytest.mark.parametrize("accelerator", [gpus.CPU, *gpus.COMPUTE_CAPABILITY])
def test_where_a_gpu_has_no_image_a_rule_says_so(accelerator: str, version: str) -> None:
    image = image_for(accelerator, version)
    ids = set(found(subject("embedding", {"accelerator": accelerator, "tei_version": version})))
    assert bool(ids & {"TEI-GPU-001", "TEI-GPU-002"}) == isinstance(image, NoImage)


def test_an_organization_without_the_gpu_is_told_what_it_has() -> None:
    told = organization_lacks_gpu("A10G", ["4x16", "L4:4x16", "H100", "something new"])
    assert told is not None
    assert told.fix == "write accelerator: CPU or H100 or L4; or ask Baseten's support for A10G"
    assert organization_lacks_gpu("H100_40GB", ["H100MIG"]) is None
    assert organization_lacks_gpu("A10G", ["something new"]) is None


@pytest.mark.parametrize("sku", instances.SKUS, ids=lambda sku: sku.name)
def test_a_listed_instance_is_what_its_name_says(sku: instances.Sku) -> None:
    read = instances.parse_instance(sku.name)
    assert read is not None
    assert (read.accelerator, read.gpu_count, read.vcpus) == (sku.gpu, sku.gpu_count, sku.vcpus)


def test_each_instance_is_listed_once_and_costs_more_than_a_smaller_one_of_its_gpu() -> None:
    assert len(instances.BY_NAME) == len(instances.SKUS)
    for gpu_name in instances.GPUS:
        family = [it for it in instances.SKUS if it.gpu == gpu_name]
        assert family == sorted(family, key=lambda it: (it.price, it.vcpus, it.memory_gib))


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (("L4", 0, 0), "L4:4x16"),
        (("L4", 4, 16), "L4:4x16"),
        (("L4", 4, 16.1), "L4:2x24x96"),
        (("A10G", 8, 0), "A10Gx8x32"),
        (("CPU", 3, 8), "4x16"),
        (("H100_40GB", 0, 0), "H100MIG"),
    ],
)
def test_a_request_lands_on_the_cheapest_instance_that_holds_it(
    asked: tuple[str, float, float], name: str
) -> None:
    landed = instances.find_cheapest_sku(*asked)
    assert landed is not None
    assert landed.name == name


def test_amounts_are_read_as_truss_writes_them() -> None:
    assert [instances.parse_vcpus(text) for text in ("4", "500m", "4.5", "", None)] == [
        4, 0.5, None, None, None,
    ]  # fmt: skip
    assert instances.parse_gibibytes("16Gi") == 16
    assert instances.parse_gibibytes("512Mi") == 0.5
    assert instances.parse_gibibytes("16G") == pytest.approx(14.9, abs=0.01)
    assert instances.parse_gibibytes("16") is None


def test_the_larger_instance_is_told_with_both_prices() -> None:
    told = found(subject("embedding", {"accelerator": "L4", "memory": "32Gi"}))["TEI-GPU-008"]
    assert "at $0.04002 a minute: 2.8 times the $0.01414 of L4:4x16" in told.message
    assert told.fix == 'write at most cpu: "4" and memory: 16Gi'
