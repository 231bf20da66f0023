"""Whether the vectors of two spaces may stand in one index, and why.

What is measured beats what is declared: two names of one model are one space where the probe texts say so, and one
name is two spaces where they do not. Without fingerprints on both sides the names decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from baseten_tei.outputs.spaces.fingerprint import MIN_COSINE, likeness
from baseten_tei.outputs.spaces.probes import PROBES
from baseten_tei.outputs.spaces.space import Space

NAMES = ("model_id", "revision", "pooling", "prompt", "prompt_name")
"""What makes another space, unless the numbers are the same."""
SHAPE = ("dimensions", "normalized")
"""What no fingerprint shows: vectors of another shape never compare."""


@dataclass(frozen=True)
class Equal:
    """One space."""


@dataclass(frozen=True)
class Compatible:
    """One space for all that is known, and what differs nevertheless: one line each."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Different:
    """Two spaces: vectors of one beside those of the other are found for the wrong texts. One line a reason."""

    reasons: tuple[str, ...]


Comparison = Equal | Compatible | Different


def compared(one: Space, other: Space) -> Comparison:
    """What `other` is to `one`; reasons read `one → other`."""
    names = list(_differing(one, other, NAMES))
    if shape := list(_differing(one, other, SHAPE)):
        return Different((*shape, *names))
    cosines = likeness(one.fingerprint or "", other.fingerprint or "")
    if cosines is None:
        return _by_name(one, other, names)
    worst = min(cosines)
    if worst < MIN_COSINE:
        text = PROBES[cosines.index(worst)]
        return Different((f"cosine {worst:.4f} of {text!r} (least allowed {MIN_COSINE:g})", *names))
    seen = [f"{name}, and the probe texts answer the same (cosine {worst:.5f})" for name in names]
    return _harmless(one, other, seen)


def _by_name(one: Space, other: Space, names: list[str]) -> Comparison:
    if names:
        return Different(tuple(names))
    missing = " and ".join(
        which
        for which, it in (("the first", one), ("the second", other))
        if likeness(it.fingerprint or "", it.fingerprint or "") is None
    )
    unread = f"of {missing}" if missing else "of both in one format"
    return _harmless(one, other, [f"the same by name only: there is no fingerprint {unread}"])


def _harmless(one: Space, other: Space, reasons: list[str]) -> Comparison:
    found = [*reasons, *_differing(one, other, ("dtype",)), *_lengths(one, other)]
    return Compatible(tuple(found)) if found else Equal()


def _lengths(one: Space, other: Space) -> Iterator[str]:
    lengths = one.max_input_length, other.max_input_length
    if None not in lengths and lengths[0] != lengths[1]:
        shorter = min(length for length in lengths if length is not None)
        yield f"max_input_length {lengths[0]} → {lengths[1]}: texts above {shorter} tokens are cut elsewhere"


def _differing(one: Space, other: Space, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        before, after = getattr(one, key), getattr(other, key)
        if before != after and not _unknown(key, one, other):
            yield f"{key} {_shown(before)} → {_shown(after)}"


def _unknown(key: str, one: Space, other: Space) -> bool:
    """Whether one side cannot say it. Prompts are their texts; a name counts where a text is not known."""
    match key:
        case "pooling" | "dimensions":
            return None in (getattr(one, key), getattr(other, key))
        case "prompt":
            return _nameless(one) or _nameless(other)
        case "prompt_name":
            return not (_nameless(one) or _nameless(other))
    return False


def _nameless(space: Space) -> bool:
    """Whether its prompt's name is all that is known of it."""
    return space.prompt is None and space.prompt_name is not None


def _shown(value: object) -> str:
    return "none" if value is None else repr(value) if isinstance(value, str) else str(value)
