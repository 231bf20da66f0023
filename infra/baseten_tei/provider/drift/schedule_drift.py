"""What somebody changed about an environment's autoscaling schedules, by field."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from baseten_tei.deployment.differences import NONE, Texts, find_differences
from baseten_tei.deployment.schedules.baseten_schedules import (
    RemoteSchedules,
    is_too_late,
    read_remote,
)
from baseten_tei.deployment.schedules.schedule_words import read_window, write_window, write_words
from baseten_tei.deployment.schedules.sentences import describe_window
from baseten_tei.deployment.schedules.windows import Schedules
from baseten_tei.spec.type_tokens import SCHEDULES

UNREADABLE = {"days": "of a kind that this release of baseten-tei does not know"}

Words = Mapping[str, Any]


def schedules_now(ours: Words, there: RemoteSchedules, now: datetime) -> dict[str, Any]:
    """Return the schedules as they are now, in the state's own words where they mean the same.

    One that is over, or can no longer be created, is as it was set, whether Baseten has it still or not (a
    guess: it may drop what is over).
    """
    live = read_remote(there)
    found = write_words(live)["schedules"]
    found |= dict.fromkeys(live.unreadable, UNREADABLE)
    zone = Schedules(ours.get("timezone")).zone
    written: dict[str, Any] = {}
    for name, words in (ours.get("schedules") or {}).items():
        if _canonical(name, words) == found.get(name) or _is_over(name, words, zone, now, found):
            written[name] = words
        elif name in found:
            written[name] = found[name]
    timezone = there.timezone if there.schedules else ours.get("timezone")
    rest = {name: words for name, words in found.items() if name not in written}
    return {**({"timezone": timezone} if timezone else {}), "schedules": {**written, **rest}}


def _canonical(name: str, words: Words) -> Words:
    return words if words == UNREADABLE else write_window(read_window(name, words))


def _is_over(
    name: str, words: Words, zone: ZoneInfo, now: datetime, there: Collection[str]
) -> bool:
    """Whether Baseten takes it no more, so that nothing about it can be repaired."""
    return words != UNREADABLE and is_too_late(read_window(name, words), zone, now, there)


def schedule_texts(ours: Words, live: Words) -> Texts:
    """Return the path of each field that differs → `set → now`; a schedule that only one has is a sentence."""
    one, other = (it.get("schedules") or {} for it in (ours, live))
    zones = ours.get("timezone"), live.get("timezone")
    texts = find_differences(*zones, f"{SCHEDULES}.timezone")
    for name in {**one, **other}:
        place = f"{SCHEDULES}.schedules.{name}"
        if name in one and name in other and UNREADABLE not in (one[name], other[name]):
            texts |= find_differences(one[name], other[name], place)
        elif one.get(name) != other.get(name):
            shown = (
                _describe(name, it.get(name), zone)
                for it, zone in zip((one, other), zones, strict=True)
            )
            texts[place] = " → ".join(shown)
    return texts


def _describe(name: str, words: Words | None, timezone: str | None) -> str:
    if words is None:
        return NONE
    if words == UNREADABLE:
        return UNREADABLE["days"]
    return describe_window(read_window(name, words), timezone)
