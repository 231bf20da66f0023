"""Memory: the rules, and the ways out that they name."""

from typing import Any

import pytest

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules.memory import gpu_memory_rules
from baseten_tei.rules.rule import Finding
from tests.support.corpus import subject

RULES = {rule.id: rule for rule in gpu_memory_rules.RULES}


def found(of: Subject) -> dict[str, Finding]:
    return {rule.id: it for rule in gpu_memory_rules.RULES for it in rule.find(of)}


def large(parameters: int) -> dict[str, Any]:
    """A 7B model of Qwen2's shape."""
    return {
        "model_type": "qwen2",
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_attention_heads": 28,
        "max_seq_length": 8192,
        "weights": {"parameters": parameters},
    }


@pytest.mark.parametrize(
    ("billions", "rules"), [(1, set()), (7.6, {"TEI-MEM-002"}), (14, {"TEI-MEM-001"})]
)
def test_more_parameters_are_first_doubted_and_then_refused(
    billions: float, rules: set[str]
) -> None:
    assert set(found(subject("embedding", None, large(int(billions * 10**9))))) == rules


def test_a_model_that_does_not_fit_is_shown_a_gpu_that_holds_it() -> None:
    of = subject("embedding", {"max_batch_tokens": 16384}, large(14 * 10**9))
    assert found(of)["TEI-MEM-001"].fix == "write accelerator: H100_40GB"
    mended = of.args.model_copy(update={"accelerator": "H100_40GB"})
    assert found(Subject("m", mended, of.facts)) == {}


def test_fewer_tokens_are_offered_where_they_suffice() -> None:
    of = subject("embedding", {"max_batch_tokens": 16384}, large(7_600_000_000))
    assert found(of)["TEI-MEM-002"].fix.startswith("write max_batch_tokens: 8192")
    mended = of.args.model_copy(update={"max_batch_tokens": 8192})
    assert found(Subject("m", mended, of.facts)) == {}


@pytest.mark.parametrize(
    ("version", "when"), [("1.8.3", "exit in its warm-up"), ("1.9.3", "fail under load with 424")]
)
def test_a_padded_model_runs_out_of_memory_later_from_1_9_on(version: str, when: str) -> None:
    """From 1.9.0 padded models warm up with one text instead of a whole batch."""
    facts = {"max_seq_length": 8192, "max_position_embeddings": 8192, "num_attention_heads": 16}
    spec = {"accelerator": "T4", "tei_version": version, "max_batch_tokens": 32768}
    assert when in found(subject("embedding", spec, facts))["TEI-MEM-001"].message


def test_float32_is_left_to_those_that_need_it() -> None:
    spec = {"dtype": "float32"}
    assert "TEI-MEM-006" in found(subject("classifier", spec))
    for needs in ({"model_type": "distilbert"}, {"model_type": "gemma3_text"}):
        assert "TEI-MEM-006" not in found(subject("embedding", spec, needs))
    on_cpu = subject("classifier", {**spec, "accelerator": "CPU"})
    assert "TEI-MEM-006" not in found(on_cpu)
