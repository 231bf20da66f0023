"""A part that others publish: what is here, what is the newest, and whether that is behind. Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

State = Literal["current", "behind", "unknown"]
OLD_AFTER_DAYS = 90
"""Of a price list that nobody compared with Baseten's."""
_NAMED = 3
"""Models, or instance types, that a line names."""


@dataclass(frozen=True)
class Part:
    """`todo` is what to do where it is behind, or why it is unknown."""

    name: str
    here: str
    newest: str
    state: State
    todo: str = ""

    @property
    def line(self) -> str:
        """One line of the table."""
        newest = f"newest {self.newest}" if self.newest else "newest not known"
        return f"{self.state:8} {self.name}: {self.here}, {newest}" + (
            f": {self.todo}" if self.todo else ""
        )


def version_key(version: str) -> tuple[int, ...]:
    """Return the numbers of a release, for comparing; what follows them does not count."""
    return tuple(int(it) for it in re.findall(r"\d{1,9}", version.partition("+")[0])[:3])


def compare_version(name: str, here: str, newest: str | None, todo: str, why: str = "") -> Part:
    """Return a part that is behind where a newer version was published; `why` tells why none is known."""
    if newest is None:
        return Part(name, here, "", "unknown", why)
    if version_key(newest) <= version_key(here):
        return Part(name, here, newest, "current")
    return Part(name, here, newest, "behind", todo)


def newest_release(tags: Iterable[str]) -> str | None:
    """Return the newest release that image tags name: of `89-1.9.4`, `cpu-1.9`, `latest` it is 1.9.4."""
    found = (re.fullmatch(r"(?:[a-z0-9-]+-)?(\d{1,5}\.\d{1,5}\.\d{1,5})", tag) for tag in tags)
    return max((it[1] for it in found if it), key=version_key, default=None)


def compare_tei(
    used: Mapping[str, Sequence[str]], newest: str | None, known: str, why: str
) -> Part:
    """Return TEI's release; `used` has the models by their release, `known` is the newest that the rules know."""
    here = "; ".join(f"{it} ({_name_some(used[it])})" for it in sorted(used, key=version_key))
    if newest is None:
        return Part("TEI", here, "", "unknown", why)
    if all(version_key(it) >= version_key(newest) for it in used):
        return Part("TEI", here, newest, "current")
    more = "" if version_key(newest) <= version_key(known) else (
        f"; the rules of this baseten-tei know it up to {known}, and check it as that"
    )  # fmt: skip
    return Part("TEI", here, newest, "behind", f"write tei_version: {newest}{more}")


def _name_some(models: Sequence[str]) -> str:
    more = f" and {len(models) - _NAMED} more" if len(models) > _NAMED else ""
    return ", ".join(models[:_NAMED]) + more


def compare_prices(
    listed: Mapping[str, float], as_of: str, account: Mapping[str, float] | str, today: str
) -> Part:
    """Return the price list; `account` is what Baseten says today, or why that is not known: then its age decides."""
    here = f"list of {as_of}"
    if isinstance(account, str):
        days = (date.fromisoformat(today) - date.fromisoformat(as_of)).days
        if days <= OLD_AFTER_DAYS:
            return Part("prices", here, "", "unknown", account)
        todo = f"{days} days old, and not compared ({account}): upgrade baseten-tei, or set BASETEN_API_KEY"
        return Part("prices", here, "", "behind", todo)
    differing = [it for it in listed if it in account and account[it] != listed[it]]
    missing = [it for it in account if it not in listed]
    if not differing and not missing:
        return Part("prices", here, f"of {today}", "current")
    examples = [f"{it} {listed[it]:g} -> {account[it]:g}" for it in differing[:_NAMED]]
    counts = f"{len(differing)} of {len(listed)} differ" + (
        f", {len(missing)} are not in the list" if missing else ""
    )
    said = "; ".join([counts, *examples, *missing[: _NAMED - len(examples)]])
    todo = f"{said}: upgrade baseten-tei, or give `pr report` the account's with --prices account"
    return Part("prices", here, f"of {today}", "behind", todo)


def render_parts(parts: Sequence[Part]) -> str:
    """Return a line for each part, those that are behind first."""
    order = ("behind", "unknown", "current")
    return "\n".join(it.line for it in sorted(parts, key=lambda it: order.index(it.state)))


def render_parts_json(parts: Sequence[Part]) -> str:
    """Return an object for each part."""
    return json.dumps([asdict(it) for it in parts], indent=2, ensure_ascii=False)
