"""Model and task: the router's own detection, and the rules that read it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import read_repository, task_of
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.rules.rule import Finding
from baseten_tei.rules.task import task_rules
from tests.support.arbitrary import facts, subjects
from tests.support.corpus import healthy_facts, subject

RECORDED = Path(__file__).parents[2] / "emulator" / "data" / "tei_exchanges.json"
RULES = {rule.id: rule for rule in task_rules.RULES}
ARCHITECTURES = {
    "embedding": ["BertModel"],
    "reranker": ["BertForSequenceClassification"],
    "classifier": ["BertForSequenceClassification"],
}
"""Of the tiny models that the exchanges were recorded with."""


def found(of: Subject) -> dict[str, Finding]:
    return {rule.id: it for rule in task_rules.RULES for it in rule.find(of)}


def detect(facts: ModelFacts, pooling: str | None = None) -> TaskReading | None:
    """The task that the router makes of a repository."""
    args = subject("embedding", {"pooling": pooling} if pooling else {}).args
    return task_of(read_repository(args, facts))


def recorded_model_types() -> list[dict[str, Any]]:
    exchanges = json.loads(RECORDED.read_text(encoding="utf-8"))
    return [
        it["response"]["body"]["model_type"] for it in exchanges if it["request"]["path"] == "/info"
    ]


@given(subjects)
def test_a_model_that_is_not_locked_is_judged_by_what_its_spec_says_alone(
    anything: Subject,
) -> None:
    said = {"TEI-TASK-021"} if getattr(anything.args, "pooling", None) == "splade" else set()
    assert set(found(Subject(anything.name, anything.args, None))) == said


@pytest.mark.parametrize("model_type", recorded_model_types(), ids=lambda it: next(iter(it)))
def test_the_detector_agrees_with_what_the_router_said_of_itself(
    model_type: dict[str, dict[str, Any]],
) -> None:
    [(said, details)] = model_type.items()
    labels = {key: details.get(key) for key in ("id2label", "label2id")}
    pooling = {"modes": [details["pooling"]]} if said == "embedding" else None
    detected = detect(
        healthy_facts(said, architectures=ARCHITECTURES[said], pooling=pooling, **labels)
    )
    assert detected
    assert (detected.task, detected.pooling) == (said, details.get("pooling"))


def test_both_releases_and_all_three_tasks_were_recorded() -> None:
    said = [next(iter(it)) for it in recorded_model_types()]
    assert sorted(said) == sorted([*ARCHITECTURES] * 2)


@given(facts(), st.none() | st.sampled_from(["cls", "mean", "splade", "last-token"]))
def test_labels_alone_make_no_head_and_a_head_makes_no_embedding(
    anything: ModelFacts, pooling: str | None
) -> None:
    names = [
        name
        for name in anything.architectures or ()
        if name.endswith("Classification") and name != "NewForTokenClassification"
    ]
    masked = pooling == "splade" and any(
        name.endswith("MaskedLM") for name in anything.architectures or ()
    )
    detected = detect(anything, pooling)
    if detected is None:
        return
    if not names and "NewForTokenClassification" not in (anything.architectures or ()):
        assert detected.task == "embedding"
    if names and not masked:
        many = len(anything.id2label or ()) > 1
        assert detected.task == ("classifier" if many else "reranker")


@pytest.mark.parametrize(
    ("more", "pooling", "expected"),
    [
        ({"pooling": {"modes": ["cls", "mean"]}}, None, "cls"),
        ({"pooling": {"modes": ["mean", "lasttoken"]}}, None, "mean"),
        ({"pooling": {"modes": ["lasttoken"]}}, None, "last-token"),
        ({"pooling": None}, None, "cls"),
        ({"pooling": None, "model_type": "nomic_bert"}, None, "cls"),
        ({"pooling": None, "model_type": "qwen3"}, None, None),
        ({"pooling": {"modes": ["max"]}}, None, None),
        ({"pooling": {"modes": ["max"]}}, "mean", "mean"),
        ({"architectures": ["BertForMaskedLM"]}, "splade", "splade"),
        ({}, "splade", None),
    ],
)
def test_pooling_is_the_flags_or_the_repositorys_or_cls_for_bert(
    more: dict[str, Any], pooling: str | None, expected: str | None
) -> None:
    detected = detect(healthy_facts("embedding", **more), pooling)
    assert detected
    assert detected.pooling == expected


@pytest.mark.parametrize("wanted", ["embedding", "reranker", "classifier"])
@pytest.mark.parametrize("there", ["embedding", "reranker", "classifier"])
def test_a_healthy_repository_passes_for_its_own_task_and_for_no_other(
    wanted: str, there: str
) -> None:
    repository = healthy_facts(there)
    errors = found(Subject("example", subject(wanted).args, repository))
    assert bool(errors) == (wanted != there)


def test_the_fix_of_a_wrong_task_is_the_right_one() -> None:
    reranker = healthy_facts("reranker")
    told = found(Subject("example", subject("embedding").args, reranker))
    assert told["TEI-TASK-001"].fix == "write task: reranker"
