"""What a change means for the services that call a model: what breaks them, and what they may notice.

Sources: TEI's status codes and limits as measured on 1.8.3 and 1.9.3; a vector is comparable only with vectors
of the same model, revision, pooling and prompt.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from baseten_tei.deployment.plan import client_limits
from baseten_tei.deployment.prompts import DOCUMENT, NAMES
from baseten_tei.deployment.sizes.vram import input_length
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.releases import at_least
from baseten_tei.review.report.before_and_after import ModelChange, ModelState
from baseten_tei.review.report.sections.pin_consequences import find_pin_moves, served_args
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs
from baseten_tei.spec.names import baseten_name

_LIMITS = {
    "max_client_batch_size": "texts in a request; larger ones are refused (413, or 422 on TEI 1.9)",
    "max_concurrent_requests": "texts in flight on a replica; above it TEI 1.9 answers 429; 1.8 may end",
    "payload_limit_bytes": "bytes in a request; larger ones get 413",
}
"""Outputs below `limits` that callers have to respect."""


@dataclass(frozen=True)
class Consequence:
    """One line for callers; if it `breaks`, they have to change something."""

    breaks: bool
    text: str


def find_consequences(
    pair: ModelChange, facts_before: ModelFacts | None, facts_after: ModelFacts | None
) -> list[Consequence]:
    """Return what callers will see of a model that changes or goes; facts are `None` if it is not locked."""
    before, after = pair.before, pair.after
    if before is None:
        return []
    if after is None:
        return list(_removal(before))
    if before.args is None or after.args is None:
        return []
    new = after.args
    found = [
        *_addresses(pair.name, before.args, new),
        *(Consequence(breaks, text) for breaks, text in find_pin_moves(pair)),
    ]
    old = served_args(before)
    if old and not new.deployment:  # what is pinned serves on, whatever else the spec says
        found += [
            *_answers(old, new),
            *_dimensions(before, facts_before, facts_after),
            *_limits(old, new),
            *_lengths(before, new, facts_after),
            *_router(old, new),
        ]
    return sorted(found, key=lambda it: not it.breaks)


def _removal(before: ModelState) -> Iterator[Consequence]:
    if before.spec.get("on_removal") == "retain":
        yield Consequence(False, "stays on Baseten and serves on; this stack forgets it")
    else:
        yield Consequence(True, "is deleted: every URL of it stops answering")


def _addresses(name: str, old: ModelArgs, new: ModelArgs) -> Iterator[Consequence]:
    names = baseten_name(name, old), baseten_name(name, new)
    if names[0] != names[1]:
        renamed = (
            f"model_name {names[0]} → {names[1]}: renamed on Baseten; its id and its URLs stay"
        )
        yield Consequence(False, renamed)
    if old.environment != new.environment:
        yield _breaking("environment", old.environment, new.environment, "every URL is another")
    for gone in sorted(set(old.environments) - {*new.environments, new.environment}):
        yield Consequence(True, f"environment {gone} goes, with its URLs")
    if old.task != new.task:
        yield _breaking("task", old.task, new.task, "requests and answers are of another form")


def _answers(old: ModelArgs, new: ModelArgs) -> Iterator[Consequence]:
    embedding = isinstance(new, EmbeddingArgs)
    what = (
        "vectors do not compare with stored ones: embed the index again"
        if embedding
        else "scores change"
    )
    moving = (
        "model_id",
        "revision",
        *(("pooling", "default_prompt", "default_prompt_name") if embedding else ()),
    )
    for key in moving:
        values = getattr(old, key, None), getattr(new, key, None)
        if values[0] != values[1]:
            yield _breaking(key, *values, what)
    if isinstance(old, EmbeddingArgs) and isinstance(new, EmbeddingArgs):
        yield from _prompts(old, new)
    if old.dtype != new.dtype:
        yield Consequence(
            False,
            f"dtype {_word(old.dtype)} → {_word(new.dtype)}: answers differ in the last digits",
        )


def _prompts(old: EmbeddingArgs, new: EmbeddingArgs) -> Iterator[Consequence]:
    """Of a spec: what the repository has changes with its revision, which breaks callers anyway."""
    before, after = old.prompts or {}, new.prompts or {}
    for name in sorted({*before, *after}):
        values = before.get(name), after.get(name)
        if values[0] == values[1]:
            continue
        if name in NAMES[DOCUMENT]:
            said = "documents are embedded otherwise from now on: embed the index again"
            yield _breaking(f"prompts.{name}", *values, said)
        else:
            changed = f"prompts.{name} {_word(values[0])} → {_word(values[1])}"
            yield Consequence(
                False, f"{changed}: vectors of such texts differ; stored documents stay"
            )


def _dimensions(
    before: ModelState, facts_before: ModelFacts | None, facts_after: ModelFacts | None
) -> Iterator[Consequence]:
    """Compare the live router's dimensions with the locked ones; a Dense module may have its own."""
    old = before.serving.get("dimensions") or (facts_before.hidden_size if facts_before else None)
    new = facts_after.hidden_size if facts_after and "Dense" not in facts_after.modules else None
    if before.spec.get("task") == "embedding" and old and new and int(old) != new:
        yield Consequence(
            True, f"dimensions {int(old)} → {new}: an index of the old length takes no new vector"
        )


def _limits(old: ModelArgs, new: ModelArgs) -> Iterator[Consequence]:
    before, after = client_limits(old), client_limits(new)
    for name, meaning in _LIMITS.items():
        was, will_be = before.get(name, 0), after.get(name, 0)
        if was > will_be:
            yield _breaking(name, was, will_be, meaning)
        elif was < will_be:
            yield Consequence(False, f"{name} {was} → {will_be}: {meaning}")
    if old.auto_truncate and not new.auto_truncate:
        yield _breaking("auto_truncate", "true", "false", "texts that were cut are refused now")


def _lengths(before: ModelState, new: ModelArgs, facts: ModelFacts | None) -> Iterator[Consequence]:
    was = before.serving.get("max_input_length")
    will_be = input_length(facts) if facts else None
    if was and will_be and will_be < int(was):
        cut = "longer texts are cut" if new.auto_truncate else "longer texts are refused"
        yield _breaking("max_input_length", int(was), will_be, f"tokens; {cut}")


def _router(old: ModelArgs, new: ModelArgs) -> Iterator[Consequence]:
    if at_least(new.tei_version, "1.9.0") and not at_least(old.tei_version, "1.9.0"):
        yield _breaking(
            "tei_version",
            old.tei_version,
            new.tei_version,
            "too long or too many inputs get 422 instead of 413, a batch above the free permits 429 at once",
        )
    elif old.tei_version != new.tei_version:
        yield Consequence(False, f"TEI {old.tei_version} → {new.tei_version}")
    if old.served_model_name != new.served_model_name:
        yield Consequence(
            False,
            f"`model` in answers: {_word(old.served_model_name)} → {_word(new.served_model_name)}",
        )


def _breaking(key: str, old: object, new: object, meaning: str) -> Consequence:
    return Consequence(True, f"{key} {_word(old)} → {_word(new)}: {meaning}")


def _word(value: object) -> str:
    return "(default)" if value is None else str(value)
