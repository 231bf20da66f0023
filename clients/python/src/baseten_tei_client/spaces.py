"""Embedding spaces as a stack tells them, and whether two of them are one.

Vectors of two spaces must never meet in one index. A change that moves no vector (a fork with the same
weights, float32 for float16) is no other space; what was measured beats what is declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from baseten_tei_client.errors import OutputsError
from baseten_tei_client.fingerprints import MIN_COSINE, PROBES, likeness

_KINDS: Mapping[str, type] = {"dimensions": int, "max_input_length": int, "normalized": bool}


@dataclass(frozen=True)
class Space:
    """The `space` of a stack's output; a field that is `None` is unknown, or there is none."""

    model_id: str
    revision: str | None = None
    dimensions: int | None = None
    pooling: str | None = None
    normalized: bool | None = None
    prompt: str | None = None
    prompt_name: str | None = None
    dtype: str | None = None
    max_input_length: int | None = None
    fingerprint: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Space:
        """From the output's mapping, or from one that was kept. Raises `OutputsError`."""
        known = {field.name for field in fields(cls)}
        if not isinstance(told, Mapping) or not isinstance(told.get("model_id"), str):
            raise OutputsError(
                "this is no embedding space: it has no model_id; give an output's `space`"
            )
        values = {key: _whole(value) for key, value in told.items() if key in known}
        for key, value in values.items():
            if value is not None and type(value) is not _KINDS.get(key, str):
                raise OutputsError(f"space.{key} is {value!r:.100}; give an output's `space`")
        return cls(**values)

    @property
    def knows_its_prompt(self) -> bool:
        """Whether the text before each text is known; that there is none is known, too."""
        return self.prompt is not None or self.prompt_name is None

    def told(self) -> dict[str, Any]:
        """As a mapping, to be kept beside an index; `Space.of` reads it back."""
        return asdict(self)


def _whole(value: Any) -> Any:
    """A StackReference has floats for numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True)
class Comparison:
    """`equal`, `compatible` (vectors may meet; reasons say what differs), or `different`."""

    verdict: Literal["equal", "compatible", "different"]
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether the vectors of both may meet in one index."""
        return self.verdict != "different"


def compare(one: Space, other: Space) -> Comparison:
    """Whether vectors of two spaces may meet; reasons are written as "one -> other"."""
    shapes = [
        _change(name, one, other)
        for name in ("dimensions", "normalized")
        if _differ(name, one, other)
    ]
    if shapes:
        return Comparison("different", tuple(shapes))
    named = _named(one, other)
    cosines = likeness(one.fingerprint, other.fingerprint)
    if cosines is None:
        return _by_name(one, other, named)
    if min(cosines) < MIN_COSINE:
        return Comparison("different", (_apart(cosines), *named))
    same = f"and the probe texts answer the same (least cosine {min(cosines):.5f})"
    return _together([f"{change}, {same}" for change in named], one, other)


def _by_name(one: Space, other: Space, named: list[str]) -> Comparison:
    if named:
        return Comparison("different", tuple(named))
    sides = [side for side, it in (("the first", one), ("the second", other)) if not it.fingerprint]
    without = " and ".join(sides) or "one that this version reads"
    return _together([f"by name only: no fingerprint was taken of {without}"], one, other)


def _together(reasons: list[str], one: Space, other: Space) -> Comparison:
    if _differ("dtype", one, other):
        reasons.append(_change("dtype", one, other))
    if _differ("max_input_length", one, other):
        shorter = min(it.max_input_length or 0 for it in (one, other))
        change = _change("max_input_length", one, other)
        reasons.append(f"{change}: texts above {shorter} tokens are cut differently")
    return Comparison("compatible" if reasons else "equal", tuple(reasons))


def _named(one: Space, other: Space) -> list[str]:
    names = [
        name for name in ("model_id", "revision") if getattr(one, name) != getattr(other, name)
    ]
    if _differ("pooling", one, other):
        names.append("pooling")
    prompt = "prompt" if one.knows_its_prompt and other.knows_its_prompt else "prompt_name"
    if getattr(one, prompt) != getattr(other, prompt):
        names.append(prompt)
    return [_change(name, one, other) for name in names]


def _differ(name: str, one: Space, other: Space) -> bool:
    """Whether both are known, and not the same."""
    mine, theirs = getattr(one, name), getattr(other, name)
    return mine is not None and theirs is not None and mine != theirs


def _change(name: str, one: Space, other: Space) -> str:
    return f"{name} {getattr(one, name)!r} -> {getattr(other, name)!r}"


def _apart(cosines: tuple[float, ...]) -> str:
    worst = min(range(len(cosines)), key=cosines.__getitem__)
    return (
        f"the probe text {PROBES[worst]!r} answers differently: cosine {cosines[worst]:.4f}, "
        f"below {MIN_COSINE}"
    )
