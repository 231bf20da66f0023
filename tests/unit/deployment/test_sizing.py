"""Sizing: what a spec leaves open is derived, what it says stays, and what comes out passes the rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.deployment.gpu_choice import cheapest_accelerator, cheapest_problem
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.sizes.derived_counts import payload_limit
from baseten_tei.deployment.sizes.sizing import (
    STEPS,
    derive_values,
    size_spec,
)
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.images import Image, image_for
from baseten_tei.rules import flag_rules, token_rules
from baseten_tei.rules.memory import gpu_memory_rules as memory
from baseten_tei.rules.secrets import access_rules
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_spec
from tests.support.arbitrary import facts as any_facts
from tests.support.arbitrary import specs as any_specs
from tests.support.corpus import COMMIT, GOOD, Case, cases, healthy_facts
from tests.support.specs import raw

LONG = {"max_seq_length": 32768, "max_position_embeddings": 32768}
QWEN2_7B = {
    "model_type": "qwen2",
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_attention_heads": 28,
    **LONG,
    "weights": {"parameters": 7_612_756_480},
}
DERIVED = {
    "accelerator",
    "max_batch_tokens",
    "max_client_batch_size",
    "predict_concurrency",
    "tokenization_workers",
}


def written(task: str = "embedding", **more: Any) -> ModelArgs:
    """A spec as YAML gives it: what is left out is not set."""
    args = parse_spec("m", raw(task, revision=COMMIT, **more))
    assert not isinstance(args, list), args
    return args


def locked(task: str = "embedding", **more: Any) -> ModelFacts:
    return healthy_facts(task, **more)


@pytest.mark.parametrize("task", ["embedding", "reranker", "classifier"])
def test_the_shortest_spec_comes_out_as_the_defaults_were(task: str) -> None:
    got = size_spec(written(task), locked(task))
    assert got.accelerator == "L4"
    assert (got.max_batch_tokens, got.max_client_batch_size) == (16384, 32)
    assert (got.predict_concurrency, got.tokenization_workers) == (32, 3)


def test_a_model_that_is_not_locked_is_left_as_it_is() -> None:
    assert size_spec(written(), None) == written()
    assert derive_values(written(), None) == ()


def test_what_the_spec_says_is_never_changed() -> None:
    said: dict[str, Any] = {
        "accelerator": "A10G",
        "max_batch_tokens": 1000,
        "max_client_batch_size": 7,
        "predict_concurrency": 9,
        "tokenization_workers": 2,
    }
    assert size_spec(written(**said), locked(**QWEN2_7B)) == written(**said)


def test_each_derived_value_says_its_formula_its_numbers_and_its_source() -> None:
    found = derive_values(written(accelerator="cheapest"), locked(**QWEN2_7B))
    assert {it.key for it in found} == DERIVED
    assert all(it.formula and it.numbers and it.source for it in found)
    assert len(STEPS) == len(DERIVED) + 1  # and the revision


def test_a_branch_becomes_the_commit_it_was_locked_at() -> None:
    args = written().model_copy(update={"revision": "main"})
    facts = locked(revision="main", commit="f" * 40)
    assert size_spec(args, facts).revision == "f" * 40
    assert size_spec(args, locked(revision="v1", commit="f" * 40)).revision == "main"


def test_a_batch_grows_to_the_longest_text_where_the_gpu_holds_it() -> None:
    facts = locked(**LONG, weights={"parameters": 600_000_000})
    assert size_spec(written(accelerator="L4"), facts).max_batch_tokens == 32768


def test_a_batch_shrinks_by_halves_where_the_gpu_does_not() -> None:
    facts = locked(num_attention_heads=16, max_seq_length=8192, weights={"parameters": 568_000_000})
    got = size_spec(written(accelerator="T4"), facts)
    assert got.max_batch_tokens == 8192


def test_a_7b_model_on_24_gb_gets_the_readmes_8192() -> None:
    facts = locked(**{**QWEN2_7B, "max_seq_length": 4096})
    assert size_spec(written(accelerator="L4"), facts).max_batch_tokens == 8192
    assert size_spec(written(accelerator="H100"), facts).max_batch_tokens == 16384


def test_a_batch_is_never_made_too_short_for_a_server_that_does_not_truncate() -> None:
    facts = locked(num_attention_heads=16, **LONG)
    got = size_spec(written(accelerator="T4", auto_truncate=False), facts)
    assert got.max_batch_tokens == 16384  # as it was: the rules then say that it cannot work
    told = {rule.id for rule in token_rules.RULES if rule.find(Subject("m", got, facts))}
    assert "TEI-TOK-001" in told


def test_a_client_batch_of_the_longest_texts_fits_in_one_body() -> None:
    got = size_spec(written(), locked(**LONG))
    assert got.max_client_batch_size == 2_000_000 // (32768 * 4) == 15
    more = written(extra_flags=["--payload-limit=8000000"])
    assert size_spec(more, locked(**LONG)).max_client_batch_size == 32


@pytest.mark.parametrize("limit", ["0", "9" * 5000, "4MB", ""])
def test_a_payload_limit_that_is_none_harms_nobody(limit: str) -> None:
    args = written(extra_flags=[f"--payload-limit={limit}"])
    assert payload_limit(args) >= 0
    assert size_spec(args, locked()).max_client_batch_size >= 1


def test_without_a_gpu_requests_and_texts_are_what_tei_batches() -> None:
    got = size_spec(written(accelerator="CPU"), locked())
    assert (got.predict_concurrency, got.max_client_batch_size) == (8, 8)
    aimed = written(accelerator="CPU", autoscaling={"concurrency_target": 20})
    assert size_spec(aimed, locked()).predict_concurrency == 20


def test_workers_follow_the_instance_that_the_spec_lands_on() -> None:
    assert size_spec(written(accelerator="A10G", cpu="8"), locked()).tokenization_workers == 7
    assert size_spec(written(accelerator="H100"), locked()).tokenization_workers == 8
    one = written(accelerator="CPU", cpu="1", memory="2Gi")
    assert size_spec(one, locked()).tokenization_workers == 1


@pytest.mark.parametrize(
    ("spec", "facts", "gpu"),
    [
        ({}, {}, "T4"),
        ({"memory": "32Gi"}, {}, "T4"),
        ({}, {"max_seq_length": 8192}, "L4"),  # a T4 would pad 8192 tokens
        ({}, QWEN2_7B, "H100_40GB"),
        ({"max_batch_tokens": 8192}, QWEN2_7B, "L4"),
        ({}, {**QWEN2_7B, "weights": {"parameters": 30_000_000_000}}, "A100"),
        (
            {"tei_version": "1.9.3"},
            {**QWEN2_7B, "weights": {"parameters": 40_000_000_000}},
            "RTX_PRO_6000",
        ),
        (
            {"tei_version": "1.8.3"},
            {**QWEN2_7B, "weights": {"parameters": 40_000_000_000}},
            "H200",
        ),
        ({}, {**QWEN2_7B, "weights": {"parameters": 200_000_000_000}}, None),
    ],
)
def test_the_cheapest_gpu_is_the_first_by_price_that_has_an_image_flash_attention_and_room(
    spec: dict[str, Any], facts: dict[str, Any], gpu: str | None
) -> None:
    args, known = written(accelerator="cheapest", **spec), locked(**facts)
    assert cheapest_accelerator(args, known) == gpu
    assert (cheapest_problem(args, known) is None) is (gpu is not None)
    assert size_spec(args, known).accelerator == (gpu or "cheapest")


def test_a_model_too_large_for_an_l4_gets_the_cheapest_gpu_that_holds_it() -> None:
    assert size_spec(written(), locked(**QWEN2_7B)).accelerator == "H100_40GB"


def test_an_exact_instance_is_left_alone() -> None:
    got = size_spec(written(instance_type="A10Gx8x32"), locked())
    assert (got.accelerator, got.instance_type) == (None, "A10Gx8x32")
    assert got.tokenization_workers == 7


def test_cheapest_without_facts_is_one_line_that_says_what_to_type() -> None:
    args = written(accelerator="cheapest")
    assert cheapest_problem(args, None) == (
        "accelerator cheapest needs the facts of BAAI/bge-base-en-v1.5, which is not locked: "
        "run `baseten-tei lock`, or write accelerator: L4"
    )
    assert cheapest_problem(written(), None) is None
    said = cheapest_problem(args, locked(weights=None))
    assert said is not None
    assert "finds no GPU" in said


@pytest.mark.parametrize("case", cases(GOOD), ids=lambda case: case.slug)
def test_what_is_known_to_work_works_on_its_cheapest_gpu_with_derived_sizes(case: Case) -> None:
    facts = case.subject.facts
    task, version = case.subject.args.task, case.subject.args.tei_version
    kept = {"gated": True} if facts and facts.gated else {}
    args = written(task, accelerator="cheapest", tei_version=version, **kept)
    assert facts is not None
    assert cheapest_accelerator(args, facts) is not None
    it = Subject("m", size_spec(args, facts), facts)
    families = (*token_rules.RULES, *memory.RULES, *flag_rules.RULES)
    told = [rule.id for rule in families if rule.find(it)]
    assert set(told) <= {"TEI-TOK-002"}
    assert isinstance(image_for(it.instance.accelerator, version), Image)


_MORE = st.fixed_dictionaries(
    {},
    optional={
        "extra_flags": st.lists(
            st.sampled_from(["--payload-limit=1", "--port", "", "--x y", "-p 1"]), max_size=3
        ).map(tuple),
        "max_concurrent_requests": st.integers(1, 10_000),
        "predict_concurrency": st.integers(1, 10_000),
        "tokenization_workers": st.integers(1, 10_000),
        "auto_truncate": st.booleans(),
        "env": st.dictionaries(
            st.sampled_from(["HF_TOKEN", "HF_API_TOKEN", "MODEL_ID", "A_TOKEN"]),
            st.sampled_from(["", "/secrets/x", "hf_" + "a" * 20]),
        ),
    },
)


@given(any_specs(), any_facts(), _MORE)
def test_sizing_and_rules_are_total(
    args: ModelArgs, facts: ModelFacts, more: dict[str, Any]
) -> None:
    args = args.model_copy(update=more)
    got = size_spec(args, facts)
    assert {key for key in type(got).model_fields if getattr(got, key) != getattr(args, key)} <= (
        DERIVED | {"revision"}
    )
    for rule in (*token_rules.RULES, *memory.RULES, *flag_rules.RULES, *access_rules.RULES):
        rule.find(Subject("m", args, facts))
        rule.find(Subject("m", got, facts))


@given(any_specs(), any_facts(), _MORE)
def test_a_lock_changes_no_value_that_the_spec_says(
    args: ModelArgs, facts: ModelFacts, more: dict[str, Any]
) -> None:
    args = args.model_copy(update=more)
    got = size_spec(args, facts)
    said = {key for key in args.model_fields_set if getattr(args, key) is not None}
    changed = {key for key in said if getattr(got, key) != getattr(args, key)}
    assert changed <= {"revision", *({"accelerator"} if args.accelerator == "cheapest" else ())}


@given(any_specs(), any_facts())
def test_sizing_a_sized_spec_changes_nothing(args: ModelArgs, facts: ModelFacts) -> None:
    once = size_spec(args, facts)
    assert size_spec(once, facts) == once
