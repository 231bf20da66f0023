"""Prompts: what the router puts before every text, against what a model wants before queries and before documents."""

import json
from collections.abc import Mapping

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.prompts import DOCUMENT, NAMES, QUERY, advise_prompts
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.spec.args import EmbeddingArgs


def _before_both(subject: Subject) -> Finding | None:
    args, facts = subject.args, subject.facts
    if not isinstance(args, EmbeddingArgs) or any((args.prompts or {}).values()):
        return None
    both = advise_prompts(args.model_id, facts)
    if both is None or not _is_for_search(args, facts.prompts if facts else {}):
        return None
    key = "default_prompt_name" if args.default_prompt is None else "default_prompt"
    said = f"{key} goes before queries and documents alike, and {args.model_id} wants another text before each"
    if facts and any(facts.prompts.values()):
        return Finding(said, f"leave {key} out: clients then put the repository's own before each")
    texts = ", ".join(f"{name}: {json.dumps(text)}" for name, text in both.items())
    return Finding(
        said, f"write prompts: {{{texts}}} instead of {key}: clients then put each before its texts"
    )


def _is_for_search(args: EmbeddingArgs, locked: Mapping[str, str | None]) -> bool:
    """Return whether a default prompt is for search: models have prompts for clustering, too, one for all texts."""
    text, name = args.default_prompt, args.default_prompt_name
    if (text is None) == (name is None):
        return False  # none, or both, which is another rule's
    names = [name] if text is None else [it for it, own in locked.items() if own == text]
    own_words = {word for words in NAMES.values() for word in words}
    return any(it in own_words for it in names) if names else bool(text)


def _twice(subject: Subject) -> Finding | None:
    args = subject.args
    if not isinstance(args, EmbeddingArgs) or not any((args.prompts or {}).values()):
        return None
    for key in ("default_prompt", "default_prompt_name"):
        if getattr(args, key):
            return Finding(
                f"{key} is set beside prompts, so that the router puts a second prompt before those of clients",
                f'leave {key} out, or write prompts: {{{QUERY}: "", {DOCUMENT}: ""}}',
            )
    return None


RULES: tuple[Rule, ...] = (
    Rule("TEI-TASK-023", "warning", "No default prompt goes before queries and documents that want one each",
         "TEI router/src/main.rs: --default-prompt is put before every text; model cards of E5, BGE, Nomic",
         _before_both),
    Rule("TEI-TASK-024", "error", "No text gets a prompt from the router and another from the client",
         "TEI router/src/main.rs: --default-prompt is put before every text", _twice),
)  # fmt: skip
