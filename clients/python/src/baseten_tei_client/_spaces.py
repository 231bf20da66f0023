"""Embedding spaces as a stack's outputs describe them, and whether two of them are comparable.

Vectors of different spaces must never share an index. A change that moves no vector (a fork with the same
weights, float32 for float16) does not make another space: measured fingerprints count more than names.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from baseten_tei_client._fingerprints import MIN_COSINE, PROBES, likeness
from baseten_tei_client.errors import OutputsError, UsageError

_KINDS: Mapping[str, type] = {"dimensions": int, "max_input_length": int, "normalized": bool}


@dataclass(frozen=True, repr=False)
class Space:
    """The `space` of a stack's outputs; a field that is `None` is unknown or absent."""

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
    document_prompt: str | None = None
    """What clients put before documents, which no fingerprint shows."""

    @classmethod
    def of(cls, space: Mapping[str, Any]) -> Self:
        """Return the space that a mapping of the outputs, or one kept, describes. Raises `OutputsError`."""
        known = {it.name for it in fields(cls)}
        if not isinstance(space, Mapping) or not isinstance(space.get("model_id"), str):
            raise OutputsError(
                "this is not an embedding space, since it has no model_id: give an output's `space`"
            )
        values = {key: _whole(value) for key, value in space.items() if key in known}
        for key, value in values.items():
            if value is not None and type(value) is not _KINDS.get(key, str):
                raise OutputsError(
                    f"space.{key} cannot be {value!r:.100}: give an output's `space`"
                )
        return cls(**values)

    @property
    def knows_its_prompt(self) -> bool:
        """Return whether the prompt's text is known, or known to be absent."""
        return self.prompt is not None or self.prompt_name is None

    def __repr__(self) -> str:
        """Return what is known, in a line; without the fingerprint, and with a revision as git shortens it."""
        known = {key: it for key, it in asdict(self).items() if it is not None}
        known.pop("fingerprint", None)
        if self.revision is not None:
            known["revision"] = self.revision[:12]
        return f"Space({', '.join(f'{key}={it!r}' for key, it in known.items())})"

    def as_mapping(self) -> dict[str, Any]:
        """Return it as a mapping to keep beside an index; `Space.of` reads it back."""
        told = asdict(self)
        if self.document_prompt is None:
            del told["document_prompt"]  # as kept spaces of earlier versions
        return told


def _whole(value: Any) -> Any:
    """Return an integer for a float, since a StackReference makes floats of all numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True)
class Comparison:
    """`equal`, `compatible` (vectors may share an index; the reasons say what differs) or `different`."""

    verdict: Literal["equal", "compatible", "different"]
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether vectors of both may share an index."""
        return self.verdict != "different"


def compare(one: Space, other: Space) -> Comparison:
    """Return whether vectors of two spaces may share an index; reasons read "one -> other". Raises `UsageError`."""
    for it in (one, other):
        if not isinstance(it, Space):
            raise UsageError(f"compare needs two of Space, not {type(it).__name__}: Space.of(…)")
    shapes = [
        _change(name, one, other)
        for name in ("dimensions", "normalized", "document_prompt")
        if _differ(name, one, other)
    ]
    if shapes:
        return Comparison("different", tuple(shapes))
    names = _compare_names(one, other)
    cosines = likeness(one.fingerprint, other.fingerprint)
    if cosines is None:
        return _by_name(one, other, names)
    if min(cosines) < MIN_COSINE:
        return Comparison("different", (_apart(cosines), *names))
    same = f"but the probe texts have the same vectors (least cosine {min(cosines):.5f})"
    return _together([f"{change}, {same}" for change in names], one, other)


def _by_name(one: Space, other: Space, names: list[str]) -> Comparison:
    if names:
        return Comparison("different", tuple(names))
    sides = [side for side, it in (("the first", one), ("the second", other)) if not it.fingerprint]
    without = " and ".join(sides) or "one that this version reads"
    return _together([f"by name only: there is no fingerprint of {without}"], one, other)


def _together(reasons: list[str], one: Space, other: Space) -> Comparison:
    if _differ("dtype", one, other):
        reasons.append(_change("dtype", one, other))
    if _differ("max_input_length", one, other):
        shorter = min(it.max_input_length or 0 for it in (one, other))
        change = _change("max_input_length", one, other)
        reasons.append(f"{change}: texts above {shorter} tokens are cut differently")
    return Comparison("compatible" if reasons else "equal", tuple(reasons))


def _compare_names(one: Space, other: Space) -> list[str]:
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
    """Return whether both are known and not the same."""
    mine, theirs = getattr(one, name), getattr(other, name)
    return mine is not None and theirs is not None and mine != theirs


def _change(name: str, one: Space, other: Space) -> str:
    return f"{name} {getattr(one, name)!r} -> {getattr(other, name)!r}"


def _apart(cosines: tuple[float, ...]) -> str:
    worst = min(range(len(cosines)), key=cosines.__getitem__)
    return (
        f"the probe text {PROBES[worst]!r} has a different vector: cosine {cosines[worst]:.4f}, "
        f"below {MIN_COSINE}"
    )
