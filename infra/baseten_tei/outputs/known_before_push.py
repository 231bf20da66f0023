"""What the spec and the lock say of a model's outputs, before anything is pushed."""

from typing import Any

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.prompts import DOCUMENT, find_prompts
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.rules.gpu.subject_hardware import dtype_of
from baseten_tei.spec.args import EmbeddingArgs

_MULTI_LABEL = {"multi_label_classification": True, "single_label_classification": False}


def known_labels(subject: Subject) -> dict[str, Any]:
    """Return a classifier's `labels` and `multi_label`; nothing of other tasks."""
    if subject.args.task != "classifier":
        return {}
    facts = subject.facts
    multi_label = _MULTI_LABEL.get(facts.problem_type or "") if facts else None
    return {"labels": facts and facts.labels, "multi_label": multi_label}


def known_space(subject: Subject) -> dict[str, Any]:
    """Return an embedding's space, by name: all but what only the router can say; nothing of other tasks."""
    args, facts = subject.args, subject.facts
    if not isinstance(args, EmbeddingArgs):
        return {}
    task, prompts = subject.loaded_task, find_prompts(args, facts)
    return {
        "model_id": args.model_id,
        "revision": args.revision,
        "pooling": args.pooling or (task and task.pooling),
        "normalized": True,
        "prompt": _prompt(args, facts),
        "prompt_name": args.default_prompt_name,
        "dtype": dtype_of(subject),
        **({} if prompts is None else {"document_prompt": prompts[DOCUMENT]}),
    }


def known_prompts(subject: Subject) -> dict[str, Any]:
    """Return an embedding's `prompts`; nothing where none are declared."""
    prompts = find_prompts(subject.args, subject.facts)
    return {} if prompts is None else {"prompts": prompts}


def _prompt(args: EmbeddingArgs, facts: ModelFacts | None) -> str | None:
    if args.default_prompt is not None or args.default_prompt_name is None:
        return args.default_prompt
    return facts.prompts.get(args.default_prompt_name) if facts else None
