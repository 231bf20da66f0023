"""The estimate of memory, held against what people measured and against TEI's own arithmetic."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.deployment.sizes.vram import (
    Estimate,
    can_start,
    estimate,
    input_length,
    is_padded,
    usable_gib,
)
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY, CPU
from baseten_tei.spec.args import ModelArgs
from tests.support.arbitrary import facts as any_facts
from tests.support.arbitrary import specs as any_specs
from tests.support.corpus import healthy_facts, healthy_spec

BERT: dict[str, Any] = {}
BGE_M3 = {
    "model_type": "xlm-roberta",
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "max_seq_length": 8192,
    "weights": {"parameters": 567_754_752},
}
QWEN3 = {
    "model_type": "qwen3",
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_attention_heads": 16,
    "max_seq_length": 32768,
    "weights": {"parameters": 595_776_512},
}
PPLX = {**QWEN3, "model_type": "bidirectional_pplx_qwen3"}


def of(facts: dict[str, Any], gpu: str = "L4", tokens: int = 16384, **spec: Any) -> Estimate:
    found = estimate(
        healthy_spec("embedding", **spec), healthy_facts("embedding", **facts), gpu, tokens
    )
    assert found is not None
    return found


def test_qwen3_on_a_t4_is_out_of_memory_as_reported_in_760() -> None:
    """16 heads * 16384 * 16384 * 2 B are 8 GiB a score matrix."""
    found = of(QWEN3, "T4")
    assert found.attention.low == pytest.approx(2 * 8)
    assert found.total.low > usable_gib("T4")


def test_pplx_in_float32_is_out_of_memory_on_80_gb_at_32768_and_fits_at_16384_as_in_861() -> None:
    """One score matrix is 68.7 GB there, and 17 GB at 16384, "almost fine"."""
    whole, half = of(PPLX, "A100", 32768), of(PPLX, "A100", 16384)
    assert whole.attention.low == pytest.approx(2 * 68.7e9 / 2**30, rel=0.01)
    assert whole.total.low > usable_gib("A100")
    assert half.total.high < usable_gib("A100")


def test_bge_m3_on_a_t4_does_not_fit_10_gib_as_reported_in_670() -> None:
    assert of(BGE_M3, "T4").total.likely > 10


def test_bge_m3_on_an_l4_does_not_pad_and_fits() -> None:
    found = of(BGE_M3, "L4")
    assert not found.padded
    assert found.attention.high == 0
    assert found.total.high < 4


def test_a_bert_layer_is_counted_by_its_tensors() -> None:
    """32768 tokens * (3072 + 4 * 768) values * 2 B: input, attention, intermediate, output, norm."""
    found = of(BERT, tokens=32768)
    assert found.activations.likely == pytest.approx(32768 * (3072 + 4 * 768) * 2 / 2**30)
    assert found.weights.likely == pytest.approx(109_482_240 * 2 / 2**30)


@pytest.mark.parametrize(
    ("facts", "spec", "gpu", "padded"),
    [
        (BERT, {}, "L4", False),
        (BERT, {}, "T4", True),
        (BERT, {"env": {"USE_FLASH_ATTENTION": "True"}}, "T4", False),
        (BERT, {"env": {"USE_FLASH_ATTENTION": "False"}}, "L4", True),
        (BERT, {"dtype": "float32"}, "L4", True),
        (BERT, {}, CPU, True),
        ({"model_type": "modernbert"}, {"env": {"USE_FLASH_ATTENTION": "True"}}, "T4", True),
        ({"model_type": "deberta-v2"}, {}, "H100", True),
        ({"model_type": "mpnet"}, {}, "A100", True),
        ({"model_type": "gemma3_text"}, {}, "L4", True),
        ({"model_type": "unheard-of"}, {}, "L4", True),
    ],
)
def test_padding_follows_from_type_dtype_gpu_and_environment(
    facts: dict[str, Any], spec: dict[str, Any], gpu: str, padded: bool
) -> None:
    args = healthy_spec("embedding", **spec)
    assert is_padded(args, healthy_facts("embedding", **facts), gpu) is padded


@pytest.mark.parametrize(
    ("kind", "gpu", "starts_there"),
    [
        ("mistral", "T4", False),
        ("mistral", "L4", True),
        ("qwen2", "T4", False),
        ("qwen2", CPU, False),
        ("llama", "H100", True),
        ("qwen3", "T4", True),
        ("bert", CPU, True),
    ],
)
def test_what_needs_flash_attention_starts_only_where_it_is(
    kind: str, gpu: str, starts_there: bool
) -> None:
    facts = healthy_facts("embedding", model_type=kind)
    assert can_start(healthy_spec("embedding"), facts, gpu) is starts_there


@pytest.mark.parametrize(
    ("facts", "length"),
    [
        ({"max_seq_length": 512}, 512),
        ({"max_seq_length": None, "max_position_embeddings": 512}, 512),
        (
            {
                "max_seq_length": None,
                "max_position_embeddings": 514,
                "model_type": "roberta",
                "pad_token_id": 1,
            },
            512,
        ),
        (
            {"max_seq_length": None, "max_position_embeddings": None, "n_positions": 8192},
            8192,
        ),
        ({"max_seq_length": None, "max_position_embeddings": None}, None),
        ({"max_seq_length": 0}, None),
    ],
)
def test_the_longest_text_is_worked_out_as_the_router_does(
    facts: dict[str, Any], length: int | None
) -> None:
    assert input_length(healthy_facts("embedding", **facts)) == length


@pytest.mark.parametrize(
    ("weights", "likely"),
    [
        ({"parameters": None, "format": "pytorch", "bytes": 4 * 10**9}, 2 * 10**9 / 2**30),
        ({"parameters": 10**9, "bytes": 1}, 2 * 10**9 / 2**30),
    ],
)
def test_size_without_headers_is_that_of_the_file(weights: dict[str, Any], likely: float) -> None:
    assert of({"weights": weights}).weights.likely == pytest.approx(likely)


def test_nothing_is_estimated_where_size_or_length_is_not_known() -> None:
    args = healthy_spec("embedding")
    for unknown in (
        {"weights": None},
        {"weights": {"format": "none"}},
        {"max_seq_length": None, "max_position_embeddings": None},
    ):
        assert estimate(args, healthy_facts("embedding", **unknown), "L4", 16384) is None


@given(any_specs(), any_facts(), st.sampled_from([CPU, *COMPUTE_CAPABILITY]))
def test_no_facts_make_it_raise_and_the_band_is_in_order(
    args: ModelArgs, facts: ModelFacts, gpu: str
) -> None:
    found = estimate(args, facts, gpu, args.max_batch_tokens)
    for part in (found.total, found.weights, found.attention) if found else ():
        assert 0 <= part.low <= part.likely <= part.high


@given(any_specs(), any_facts(), st.integers(1, 100_000), st.integers(1, 100_000))
def test_more_tokens_never_need_less(
    args: ModelArgs, facts: ModelFacts, tokens: int, more: int
) -> None:
    few, many = (estimate(args, facts, "L4", it) for it in (tokens, tokens + more))
    assert (few is None) is (many is None)
    if few and many:
        assert few.total.high <= many.total.high
