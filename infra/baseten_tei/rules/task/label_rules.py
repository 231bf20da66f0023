"""A head and its labels: maps that TEI cannot read, and scores that would mislead."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.task_detection import Detected, detect
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.task.pooling_rules import spec_pooling

_RAN = "measured on TEI 1.8.3 and 1.9.3"


def detect_subject(subject: Subject) -> Detected | None:
    """Return what the router loads; `None` where that is not known, or where it refuses to."""
    found = subject.facts and detect(subject.facts, spec_pooling(subject))
    return found if found and not found.refusal else None


def _head(subject: Subject) -> ModelFacts | None:
    """The facts of what TEI loads as a reranker or classifier."""
    found = detect_subject(subject)
    return subject.facts if found and found.task != "embedding" else None


def _labels_missing(subject: Subject) -> Finding | None:
    found = subject.facts and detect(subject.facts, spec_pooling(subject))
    if not found or not found.architecture or not found.refusal or found.task == "embedding":
        return None
    return Finding(
        f"{found.architecture} without usable label maps: {found.refusal}",
        "write a model_id whose config.json has id2label and label2id, e.g. a fork with both added",
    )


def _labels_broken(subject: Subject) -> Finding | None:
    facts = _head(subject)
    if facts is None or facts.id2label is None:
        return None
    if facts.id2label and set(facts.id2label) == {str(n) for n in range(len(facts.id2label))}:
        return None
    keys = ", ".join(sorted(facts.id2label)[:4]) or "nothing"
    return Finding(
        f"id2label maps {keys}, and TEI looks labels up by 0, 1, …",
        "write a model_id whose id2label counts from 0 without gaps, e.g. a fork where it is fixed",
    )


def _labels_differ(subject: Subject) -> Finding | None:
    facts = _head(subject)
    if facts is None:
        return None
    names, numbers = len(facts.id2label or ()), len(facts.label2id or ())
    if names == numbers:
        return None
    return Finding(
        f"id2label has {names} labels and label2id {numbers}: TEI sizes the head by id2label, "
        'and does not start ("shape mismatch for classifier.weight") where that is the wrong one',
        "write a model_id whose two label maps agree, or silence this where id2label is right",
    )


def _multi_label(subject: Subject) -> Finding | None:
    facts = _head(subject)
    if facts is None or len(facts.id2label or ()) < 2:
        return None
    if facts.problem_type != "multi_label_classification":
        return None
    return Finding(
        f"{len(facts.id2label or ())} labels that may hold together (problem_type {facts.problem_type}), "
        "and TEI's softmax lets one win",
        "call it with raw_scores: true and take the sigmoid of each score, then silence this",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-TASK-007", "error", "A head comes with id2label and label2id",
         f"{_RAN}; TEI #169, #511", _labels_missing, True),
    Rule("TEI-TASK-008", "error", "id2label counts from 0 without gaps",
         f"{_RAN}; TEI router/src/http/server.rs: predict", _labels_broken, True),
    Rule("TEI-TASK-009", "warning", "id2label and label2id have the same number of labels",
         _RAN, _labels_differ, True),
    Rule("TEI-TASK-010", "warning", "Labels that may hold together are not softmaxed",
         "TEI core/src/infer.rs: predict", _multi_label, True),
)  # fmt: skip
