"""A head and its labels: maps that TEI cannot read, and scores that would mislead."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.rules.rule import Finding, Rule

_RAN = "measured on TEI 1.8.3 and 1.9.3"


def _head(subject: Subject) -> TaskReading | None:
    """What TEI loads as a reranker or classifier."""
    found = subject.loaded_task
    return found if found and found.task != "embedding" else None


def _labels_broken(subject: Subject) -> Finding | None:
    head = _head(subject)
    if head is None or head.id2label is None:
        return None
    if head.id2label and set(head.id2label) == {str(n) for n in range(len(head.id2label))}:
        return None
    keys = ", ".join(sorted(head.id2label)[:4]) or "nothing"
    return Finding(
        f"id2label maps {keys}, and TEI looks labels up by 0, 1, …",
        "write a model_id whose id2label counts from 0 without gaps, e.g. a fork where it is fixed",
    )


def _labels_differ(subject: Subject) -> Finding | None:
    head = _head(subject)
    if head is None or isinstance(subject.reading, Refusal):
        return None  # what does not start has a finding of its own
    names, numbers = len(head.id2label or ()), len(head.label2id or ())
    if names == numbers:
        return None
    return Finding(
        f"id2label has {names} labels and label2id {numbers}: TEI sizes the head by id2label, "
        'and does not start ("shape mismatch for classifier.weight") where that is the wrong one',
        "write a model_id whose two label maps agree, or silence this where id2label is right",
    )


def _multi_label(subject: Subject) -> Finding | None:
    head = _head(subject)
    if head is None or len(head.id2label or ()) < 2:
        return None
    kind = subject.facts and subject.facts.problem_type
    if kind != "multi_label_classification":
        return None
    return Finding(
        f"{len(head.id2label or ())} labels that may hold together (problem_type {kind}), "
        "and TEI's softmax lets one win",
        "call it with raw_scores: true and take the sigmoid of each score, then silence this",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-TASK-008", "error", "id2label counts from 0 without gaps",
         f"{_RAN}; TEI router/src/http/server.rs: predict", _labels_broken, True),
    Rule("TEI-TASK-009", "warning", "id2label and label2id have the same number of labels",
         _RAN, _labels_differ, True),
    Rule("TEI-TASK-010", "warning", "Labels that may hold together are not softmaxed",
         "TEI core/src/infer.rs: predict", _multi_label, True),
)  # fmt: skip
