"""Instance types as Baseten writes them."""

import pytest

from baseten_tei.deployment.instances import Instance, parse_instance, smallest_instance


@pytest.mark.parametrize(
    ("sku", "expected"),
    [
        ("L4:4x16", Instance("L4", 1, 4)),
        ("L4x8x32", Instance("L4", 1, 8)),
        ("T4x4x16", Instance("T4", 1, 4)),
        ("A10G:8x32", Instance("A10G", 1, 8)),
        ("L4:2x24x96", Instance("L4", 2, 24)),
        ("H100:2", Instance("H100", 2, 32)),
        ("H100", Instance("H100", 1, 16)),
        ("A100_40GB:12x144", Instance("A100_40GB", 1, 12)),
        ("H100MIG", Instance("H100_40GB", 1, 8)),
        ("RTX-PRO-6000:16x64", Instance("RTX_PRO_6000", 1, 16)),
        ("4x16", Instance("CPU", 0, 4)),
        ("CPU:16x64", Instance("CPU", 0, 16)),
        ("", None),
        ("L5:4x16", None),
        ("l4:4x16", None),
        ("L4:4x16\n", None),
        ("L4:0", None),
        ("L4:0x4x16", None),
        ("0x0", None),
        ("L4:axb", None),
        ("L4:4x16x", None),
        ("L4; rm -rf", None),
    ],
)
def test_an_instance_type_says_what_it_holds_or_is_unknown(
    sku: str, expected: Instance | None
) -> None:
    assert parse_instance(sku) == expected


@pytest.mark.parametrize(
    ("accelerator", "expected"),
    [
        ("CPU", Instance("CPU", 0, 4)),
        ("L4", Instance("L4", 1, 4)),
        ("H100", Instance("H100", 1, 16)),
    ],
)
def test_an_accelerator_alone_means_its_smallest_instance(
    accelerator: str, expected: Instance
) -> None:
    assert smallest_instance(accelerator) == expected
