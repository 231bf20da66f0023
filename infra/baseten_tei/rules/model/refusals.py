"""Routers that do not start: each refusal of the engine's is one rule's finding, in the router's own words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import find_files
from baseten_tei.facts.tei.loading.candle.candle_config import type_names
from baseten_tei.facts.tei.loading.formats import find_format
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.releases import BY_TRUST
from baseten_tei.rules.gpu.subject_hardware import on_cpu
from baseten_tei.rules.model.ways_out import (
    Change,
    change_release,
    describe_dead_end,
    find_change,
)
from baseten_tei.rules.rule import Finding, Rule

ANY_OTHER = "TEI-MODEL-020"
OTHER_LABELS = "TEI-TASK-022"
_HEAD = re.compile(r"shape mismatch for \S*classifier\S*, expected: \[\d+.*got: \[(\d+)")
"""The first number of what it got is the labels of the weights."""
UNSEEN_TYPE, TOO_OLD = "TEI-MODEL-001", "TEI-MODEL-002"
_POOLINGS = {"cls": "cls", "mean": "mean", "lasttoken": "last-token"}
_LAST_TOKEN_TYPES = {"qwen2", "qwen3", "mistral", "llama", "llama_bidirec"}
_OWN_POOLING = ("TEI-TASK-014", "TEI-TASK-015")
"""Where a pooling in the spec takes the place of the repository's file."""
_CAUSES: Mapping[str, str | None] = {
    "config model_type": UNSEEN_TYPE,
    "config auto_map": "TEI-MODEL-010",
    "config architectures": "TEI-TASK-011",
    "config id2label": "TEI-TASK-007",
    "config label2id": "TEI-TASK-007",
    "config pad_token_id": "TEI-MODEL-011",
    "config max_position_embeddings": "TEI-MODEL-012",
    "labels id2label": "TEI-TASK-007",
    "labels label2id": "TEI-TASK-007",
    "pooling file": "TEI-TASK-014",
    "pooling modes": "TEI-TASK-016",
    "pooling splade": "TEI-TASK-018",
    "length max_position_embeddings": "TEI-MODEL-012",
    "length max_seq_length": "TEI-MODEL-013",
    "length max_batch_tokens": None,
    "prompts prompts": "TEI-MODEL-015",
    "prompts default_prompt_name": "TEI-MODEL-016",
    "weights weights": None,
    "backend weights": None,
    "backend flash": "TEI-MODEL-005",
    "backend task": "TEI-MODEL-003",
    "backend dtype": "TEI-MODEL-007",
    "backend pad_token_id": "TEI-MODEL-011",
    "backend max_position_embeddings": "TEI-MODEL-012",
    "backend position_embedding_type": "TEI-MODEL-017",
    "backend pooling": "TEI-TASK-019",
    "backend tensors": "TEI-MODEL-018",
    "warmup flash": "TEI-MODEL-005",
    "warmup pooling": "TEI-TASK-019",
    "warmup positions": "TEI-MODEL-014",
}
"""Step and what it is about → the rule that says so; `None`: a rule about the spec does, TEI-TOK-001 or TEI-SEC-009."""
_STEPS = {"tokenizer": "TEI-TASK-012", "pooling": "TEI-TASK-015"}
"""Whatever else goes wrong there."""


@dataclass(frozen=True)
class Cause:
    """What one rule says of its refusals: before the router's words, and where no change of the spec helps."""

    id: str
    title: str
    source: str
    what: str
    """May name the model's `{type}`, the release's `{version}`, the `{pooling}` that it takes, the `{modes}` that the
    repository asks for, the `{usual}` pooling of the two, the newest `{release}` that
    knows the type, and what the refusal is `{about}`."""
    fix: str

    def rule(self) -> Rule:
        """Return the rule."""
        return Rule(self.id, "error", self.title, self.source, partial(_check, self), True)


def find_refusal(subject: Subject) -> Refusal | None:
    """Return why the router does not start; nothing where the repository is of another format, a rule's own finding."""
    reading = subject.reading
    if not isinstance(reading, Refusal) or subject.facts is None:
        return None
    return None if find_format(find_files(subject.args, subject.facts)) else reading


def _check(cause: Cause, subject: Subject) -> Finding | None:
    refusal = find_refusal(subject)
    if refusal is None or find_cause(subject, refusal) != cause.id:
        return None
    known = _words(subject, refusal)
    said = f"{cause.what.format(**known)}: TEI {subject.args.tei_version} does not start ({quote_reason(refusal)})"
    return Finding(said, _find_fix(cause, subject, known))


def _find_fix(cause: Cause, subject: Subject, known: Mapping[str, str]) -> str:
    """Return what to write: a change that was tried, or that none helps."""
    next_change = _next_change(cause, subject, known)
    more = (next_change,) if next_change and cause.id in _OWN_POOLING else ()
    found = find_change(subject, lambda _: True, *more)
    if found is not None or "model_id" in cause.fix:
        return found or cause.fix.format(**known)
    return describe_dead_end(subject, next_change, quote_reason)


def _next_change(cause: Cause, subject: Subject, known: Mapping[str, str]) -> Change | None:
    if cause.id in _OWN_POOLING:
        return Change(cause.fix.format(**known), {"pooling": known["usual"]})
    return change_release(subject.args, known["release"]) if cause.id == TOO_OLD else None


def _words(subject: Subject, refusal: Refusal) -> dict[str, str]:
    """What a message may name."""
    facts = subject.facts
    modes = facts.pooling.modes if facts and facts.pooling else ()
    named = [_POOLINGS[mode] for mode in modes if mode in _POOLINGS]
    head = _HEAD.search(refusal.reason)
    labels = head[1] if head else "other"
    in_number = facts is not None and facts.model_type == "modernbert"  # modernbert.rs:426
    is_causal = facts is not None and facts.model_type in _LAST_TOKEN_TYPES
    return {
        "type": (facts and facts.model_type) or "(missing in config.json)",
        "version": subject.args.tei_version,
        "modes": ", ".join(modes) or "nothing",
        "pooling": (refusal.task and refusal.task.pooling) or "",
        "release": _knowing_release(subject) or subject.args.tei_version,
        "about": refusal.about or "a file",
        "labels": labels,
        "label_keys": f"num_labels: {labels}" if in_number else f"an id2label of {labels} labels",
        "usual": (*named, "last-token" if is_causal else "mean")[0],
    }


def find_cause(subject: Subject, refusal: Refusal) -> str | None:
    """Return the id of the rule that a refusal belongs to."""
    if refusal.step == "pooling" and subject.args.task != "embedding":
        return None  # it has no head: a rule about the task says so
    if refusal.about == "model_type" and refusal.step == "backend":
        return TOO_OLD if _knowing_release(subject) else UNSEEN_TYPE
    if _HEAD.search(refusal.reason):
        return OTHER_LABELS
    key = f"{refusal.step} {refusal.about}"
    found = _CAUSES[key] if key in _CAUSES else _STEPS.get(refusal.step, ANY_OTHER)
    return UNSEEN_TYPE if found and _never_loads(subject) else found


def _never_loads(subject: Subject) -> bool:
    """Return whether no other change helps; on a CPU one may, since ONNX Runtime takes any type."""
    kind = subject.facts and subject.facts.model_type
    return bool(kind) and not on_cpu(subject) and _knowing_release(subject) is None


def _knowing_release(subject: Subject) -> str | None:
    """Return the newest release that knows the type, whatever else it says."""
    kind = subject.facts and subject.facts.model_type
    return next((release for release in BY_TRUST if kind in type_names(release)), None)


def quote_reason(refusal: Refusal) -> str:
    """Return the router's words on one line, with the file they are about; long ones without their end."""
    words = " ".join(refusal.reason.split()).partition(", expected one of ")[0]
    parsed = [it.removeprefix("Failed to parse ") for it in refusal.context if "parse" in it]
    said = f"{parsed[0].strip('`')}: {words}" if parsed else words
    return f"{said[:160]} …" if len(said) > 161 else said
