"""The spaces of an environment's last versions, kept in its state: a preview, which asks nobody, compares them."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from baseten_tei.outputs.spaces.fingerprint import MIN_COSINE, likeness

Values = Mapping[str, Any]
Move = Literal["stays", "moves", "unknown"]
PREVIOUS = "previous"


def keep_spaces(state: Values, found: Values, kept: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the digest and fingerprint of each version that serves or served before, or is kept, by its id.

    `state` is what the last release left, `found` what this one does.
    """
    known = {**(state.get("spaces") or {}), **_space(state), **_space(found)}
    ids = {found.get("deployment_id"), found.get("previous_deployment_id"), *kept}
    return {key: dict(space) for key, space in known.items() if key in ids}


def judge_move(state: Values, wanted: str) -> Move:
    """Return whether vectors stay comparable once another version serves: `previous`, a deployment's id, a digest."""
    now = state.get("fingerprint")
    then = _find_fingerprint(state, wanted)
    alike = likeness(now, then) if now and then else None
    if alike is None:
        return "unknown"
    return "stays" if min(alike) >= MIN_COSINE else "moves"


def serves(state: Values, wanted: str) -> bool:
    """Return whether what is wanted serves already."""
    return bool(wanted) and wanted in (state.get("deployment_id"), state.get("serving_digest"))


def describe_move(environment: str, wanted: str, move: Move) -> str:
    """Return what it means for those who compare vectors, in one line."""
    version = (
        f"the version of `deployment: {wanted}`" if wanted == PREVIOUS else f"version {wanted}"
    )
    said = {
        "stays": "is in the embedding space of what serves now: stored vectors stay comparable",
        "moves": (
            "is in another embedding space than what serves now: each caller that compares its vectors with stored "
            "ones breaks, until it uses an index of that version"
        ),
        "unknown": (
            "may be in another embedding space than what serves now, which is not known before it answers: a caller "
            "that compares its vectors with stored ones may break (compare space.fingerprint before and after)"
        ),
    }
    return f"environment {environment}: {version} {said[move]}"


def _space(values: Values) -> dict[str, dict[str, str]]:
    key, fingerprint = values.get("deployment_id"), values.get("fingerprint")
    if not key or not fingerprint:
        return {}
    return {key: {"digest": str(values.get("serving_digest") or ""), "fingerprint": fingerprint}}


def _find_fingerprint(state: Values, wanted: str) -> str | None:
    if serves(state, wanted):
        return state.get("fingerprint")
    spaces: Mapping[str, Values] = state.get("spaces") or {}
    key = state.get("previous_deployment_id") if wanted == PREVIOUS else wanted
    by_digest = (space for space in spaces.values() if space.get("digest") == wanted)
    return (spaces.get(str(key)) or next(by_digest, {})).get("fingerprint")
