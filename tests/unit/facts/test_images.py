"""Which image runs on which GPU, against the rule of TEI's own `compute_cap.rs`."""

from typing import get_args

import pytest

from baseten_tei.deployment.gpu_choice import CHEAPEST
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY, CPU
from baseten_tei.facts.tei.images import Image, NoImage, image_for
from baseten_tei.facts.tei.releases import KNOWN
from baseten_tei.spec.args import Accelerator

BUILT_FOR = {"turing-": 75, "": 80, "86-": 86, "89-": 89, "hopper-": 90, "100-": 100, "120-": 120}
"""Tag prefix → the compute capability its router was compiled for (TEI's image table)."""


def tei_starts(compiled: int, runtime: int) -> bool:
    """TEI `backends/candle/src/compute_cap.rs`, 1.9.0."""
    if compiled == 80:
        return 80 <= runtime <= 89
    if compiled == 86:
        return 86 <= runtime <= 89
    return compiled == runtime


@pytest.mark.parametrize("version", KNOWN)
@pytest.mark.parametrize("accelerator", COMPUTE_CAPABILITY)
def test_the_image_starts_on_the_gpu_it_is_chosen_for(accelerator: str, version: str) -> None:
    capability = COMPUTE_CAPABILITY[accelerator]
    image = image_for(accelerator, version)
    if isinstance(image, NoImage):
        released = [cc for cc in BUILT_FOR.values() if cc < 100 or not version.startswith("1.8")]
        assert not any(tei_starts(cc, capability) for cc in released)
        return
    prefix = image.reference.partition(":")[2].removesuffix(version)
    assert tei_starts(BUILT_FOR[prefix], capability)
    closest = max(cc for cc in BUILT_FOR.values() if tei_starts(cc, capability))
    assert BUILT_FOR[prefix] == closest


def test_every_accelerator_of_the_spec_has_a_known_compute_capability() -> None:
    assert set(get_args(Accelerator)) == {CPU, CHEAPEST, *COMPUTE_CAPABILITY}


@pytest.mark.parametrize(
    ("accelerator", "version", "reference"),
    [
        ("L4", "1.8.3", "baseten/text-embeddings-inference-mirror:89-1.8.3"),
        ("A100", "1.8.3", "baseten/text-embeddings-inference-mirror:1.8.3"),
        ("T4", "1.8.3", "baseten/text-embeddings-inference-mirror:turing-1.8.3"),
        ("CPU", "1.8.3", "baseten/text-embeddings-inference-mirror:cpu-1.8.3"),
        ("H100_40GB", "1.9.3", "ghcr.io/huggingface/text-embeddings-inference:hopper-1.9.3"),
        ("B200", "1.9.0", "ghcr.io/huggingface/text-embeddings-inference:100-1.9.0"),
        ("RTX_PRO_6000", "1.9.3", "ghcr.io/huggingface/text-embeddings-inference:120-1.9.3"),
    ],
)
def test_1_8_3_comes_from_basetens_mirror_and_newer_ones_from_upstream(
    accelerator: str, version: str, reference: str
) -> None:
    image = image_for(accelerator, version)
    assert isinstance(image, Image)
    assert image.reference == reference
    assert image.no_build is reference.startswith("ghcr.io/")


@pytest.mark.parametrize(
    ("accelerator", "version", "entrypoint"),
    [
        ("L4", "1.8.3", "text-embeddings-router"),
        ("L4", "1.9.0", "text-embeddings-router"),
        ("L4", "1.9.1", "/entrypoint.sh"),
        ("L4", "1.9.3", "/entrypoint.sh"),
        ("CPU", "1.9.3", "text-embeddings-router"),
    ],
)
def test_gpu_images_from_1_9_1_are_started_through_their_entrypoint(
    accelerator: str, version: str, entrypoint: str
) -> None:
    image = image_for(accelerator, version)
    assert isinstance(image, Image)
    assert image.entrypoint == entrypoint
