"""What a router says of itself, against what was asked for and what the lock says of the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from baseten_tei.facts.tei.releases import find_change

SHOWN_LABELS = 6
"""That a message names at the most."""


@dataclass(frozen=True)
class Wanted:
    """What the router must say of itself before a version gets traffic."""

    task: str
    model_id: str
    tei_version: str
    gpu: bool
    revision: str | None = None
    """The commit asked for; `None` where the spec names a branch or tag."""
    locked: Mapping[str, Any] = field(default_factory=dict)
    """What the lock says of the model; see `contradictions`."""


def info_problems(info: Mapping[str, Any], wanted: Wanted) -> list[str]:
    """Return how the router's `/info` differs from what was asked for (fields: measured on TEI 1.8.3 and 1.9.3).

    What the lock says counts where it serves what was asked for at all.
    """
    found = []
    task = next(iter(info.get("model_type") or ["nothing"]))
    if task != wanted.task:
        found.append(
            f"serves a {task}, not a {wanted.task}: write task: {task}, or another model_id"
        )
    if not str(info.get("model_id", "")).endswith(wanted.model_id):
        found.append(f"serves {info.get('model_id')}, not {wanted.model_id}")
    if info.get("version") != wanted.tei_version:
        found.append(f"runs TEI {info.get('version')}, not {wanted.tei_version}")
    # TEI's --revision; null where the weights are a directory, which no /info names the commit of.
    if wanted.revision and info.get("model_sha") not in (None, wanted.revision):
        found.append(f"serves revision {info['model_sha']}, not {wanted.revision}")
    # Without a GPU TEI caps the batch itself: 4 requests (candle) or 8 (ONNX runtime).
    if wanted.gpu and info.get("max_batch_requests") in (4, 8):
        found.append(f"runs on the CPU: {_why_no_gpu(wanted.tei_version)}")
    return found + ([] if found else contradictions(info, wanted.locked))


def _why_no_gpu(tei_version: str) -> str:
    change = find_change("driver-6xx", tei_version)
    if change is None:
        return "TEI found no usable GPU and fell back without an error"
    return f"TEI found no usable GPU. TEI {tei_version} {change['what']}: write tei_version: 1.9.4"


def contradictions(info: Mapping[str, Any], locked: Mapping[str, Any]) -> list[str]:
    """Return how a router's `/info`, or what is known of it besides, contradicts what the lock says of the model."""
    told = {
        "labels": _told_labels(info),
        "pooling": _told_pooling(info),
        "dimensions": info.get("dimensions"),
        "max_input_length": info.get("max_input_length"),
    }
    pairs = [(key, told[key], value) for key, value in locked.items()]
    return [
        f"has {key} {_shown(now, wanted)}, and the lock says {_shown(wanted, now)}: run `baseten-tei lock`, or write "
        f"the revision that has these {key}"
        for key, now, wanted in pairs
        if None not in (now, wanted) and now != wanted
    ]


def _told_labels(info: Mapping[str, Any]) -> list[str] | None:
    """Return a classifier's labels in the order of their numbers; `None` where they have none."""
    found = _model_type(info, "classifier").get("id2label") or {}
    numbered = bool(found) and all(map(str.isdecimal, found))
    return [found[number] for number in sorted(found, key=int)] if numbered else None


def _told_pooling(info: Mapping[str, Any]) -> str | None:
    """Return an embedding's pooling as specs write it: `/info` has `last_token`."""
    pooling = _model_type(info, "embedding").get("pooling")
    return str(pooling).replace("_", "-") if pooling else None


def _model_type(info: Mapping[str, Any], task: str) -> Mapping[str, Any]:
    told: Mapping[str, Any] = (info.get("model_type") or {}).get(task) or {}
    return told


def _shown(value: Any, other: Any) -> str:
    """Return a value in words; of many labels those from the first on that is another."""
    if not isinstance(value, list):
        return str(value)
    same = next((n for n, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), 0)
    begin = same if len(value) > SHOWN_LABELS else 0
    shown = ", ".join(value[begin : begin + SHOWN_LABELS])
    before, after = ("… " if begin else ""), (" …" if begin + SHOWN_LABELS < len(value) else "")
    return f"{before}{shown}{after} ({len(value)})"
