"""A list of GPUs in turn, and other GPUs that hold a model."""

from typing import Any

from baseten_tei.deployment.capacity.lacks import add_lack, choose_turn, keep_lacks
from baseten_tei.deployment.capacity.offers import describe_offers
from baseten_tei.deployment.capacity.other_gpus import find_offers
from baseten_tei.deployment.capacity.turns import list_turns, specs_by_turn
from baseten_tei.deployment.config.truss_config import build_config, compute_digest
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.settings import resolve_subject
from baseten_tei.spec.args import EmbeddingArgs
from tests.support.corpus import healthy_facts

BGE = "BAAI/bge-base-en-v1.5"


def lack(digest: str, at: str = "2026-11-30T14:00:00+00:00", **more: Any) -> dict[str, Any]:
    return {"digest": digest, "accelerator": "L4", "minutes": 18, "at": at, **more}


def test_the_turn_after_the_last_that_had_no_capacity_is_next_and_after_all_the_first() -> None:
    known: list[Any] = []
    taken = []
    for hour in range(7):
        turn = choose_turn(["a", "b", "c"], known)
        taken.append(turn)
        known = add_lack(known, lack("abc"[turn], f"2026-11-30T0{hour}:00:00+00:00"))
    assert taken == [0, 1, 2, 0, 1, 2, 0]
    assert len(known) == 3


def test_of_two_environments_the_later_release_decides() -> None:
    found = [lack("b", "2026-11-30T09:00:00+00:00"), lack("a", "2026-11-30T08:00:00+00:00")]
    assert choose_turn(["a", "b", "c"], found) == 2


def test_another_spec_begins_with_its_first() -> None:
    assert choose_turn(["d", "e"], [lack("a")]) == 0


def test_what_serves_is_stayed_on_and_what_it_replaced_is_remembered_without_its_deployment() -> (
    None
):
    known = [lack("a", deployment_id="d1"), lack("b", deployment_id="d2"), lack("old")]
    assert keep_lacks(known, ["a", "b"], "b") == [lack("a")]
    assert choose_turn(["a", "b"], [lack("a")]) == 1


def test_each_gpu_of_a_list_is_the_spec_with_that_gpu_alone() -> None:
    args = EmbeddingArgs(model_id=BGE, accelerators=["L4", "A10G"])
    turns = list_turns("bge", specs_by_turn(args))
    alone = [EmbeddingArgs(model_id=BGE, accelerator=gpu) for gpu in ("L4", "A10G")]
    assert [it.digest for it in turns] == [
        compute_digest(build_config("bge", it), it.labels) for it in alone
    ]
    assert [(it.accelerator, it.instance_type) for it in turns] == [
        ("L4", "L4:4x16"),
        ("A10G", "A10Gx4x16"),
    ]
    assert list_turns("bge", specs_by_turn(alone[0])) == ()


def test_offers_hold_the_model_cheapest_first_without_what_is_listed_or_given_on_request() -> None:
    args = EmbeddingArgs(model_id=BGE, accelerator="L4")
    found = find_offers(args, healthy_facts("embedding"), {"L4"})
    prices = [it.usd_per_minute for it in found]
    assert prices == sorted(prices)
    names = [it.accelerator for it in found]
    assert names[:2] == ["T4", "A10G"]
    assert not {"L4", "H200", "B200"} & {*names}
    assert describe_offers(found).startswith("T4 ($0.01052 a minute), A10G (")
    assert describe_offers(found).count("(") == 3


def test_a_later_gpu_of_a_list_is_judged_as_the_first_is() -> None:
    args = EmbeddingArgs(model_id=BGE, accelerators=["L4", "V100", "CPU"], max_client_batch_size=64)
    found = {it.rule.id: it.line for it in check_model(resolve_subject("bge", args, {}))}
    assert "on V100, one of accelerators: accelerator V100 has no TEI image" in found["TEI-GPU-001"]
    assert found["TEI-GPU-001"].endswith(", or leave V100 out")
    assert "on CPU, one of accelerators: the CPU image runs 4 texts" in found["TEI-GPU-003"]


def test_a_silence_that_only_a_later_gpu_needs_silences_something() -> None:
    args = EmbeddingArgs(
        model_id=BGE,
        accelerators=["L4", "H200"],
        silence={"TEI-GPU-011": "our organization has them"},
    )
    found = {it.rule.id for it in check_model(resolve_subject("bge", args, {}))}
    assert not found & {"TEI-GPU-011", "TEI-SILENCE-002"}
