"""What to write so that a router starts: each change of the spec, and each two of them, tried on the repository."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import Reading, read_repository
from baseten_tei.facts.tei.gpus import DEFAULT_ACCELERATOR
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.releases import BY_TRUST, at_least
from baseten_tei.spec.args import ModelArgs

_FLASH = "USE_FLASH_ATTENTION"
_HARMLESS = ("modes",)
"""What a router may leave out with a warning."""


@dataclass(frozen=True)
class Change:
    """Keys of a spec with other values, and the words for it: an imperative."""

    words: str
    values: Mapping[str, Any]

    def and_then(self, other: "Change") -> "Change":
        """Return both."""
        return Change(f"{self.words} and {other.words}", {**self.values, **other.values})

    def read(self, subject: Subject) -> Reading | None:
        """Return what the router would make of the repository then."""
        args = subject.args.model_copy(update=dict(self.values))
        return read_repository(args, subject.facts) if subject.facts else None


def find_change(
    subject: Subject, is_good: Callable[[Loaded], bool] = lambda _: True, *more: Change
) -> str | None:
    """Return the words of the first change with which the router loads all, and what it loads is good."""
    for change in _ways(subject.args, more):
        reading = change.read(subject)
        if isinstance(reading, Loaded) and _is_whole(reading) and is_good(reading):
            return change.words
    return None


def describe_dead_end(subject: Subject, change: Change | None, quote: Callable[[Refusal], str]) -> str:  # fmt: skip
    """Return the advice where no change of the spec helps; `change` is the one that the reader would try next."""
    reading = change.read(subject) if change else None
    if change is None or reading is None:
        return "write another model_id: no release, GPU or dtype starts this one"
    why, tried = _say(reading, quote), change.words.partition(",")[0]
    return f"write another model_id, e.g. a fork whose files TEI can read: to {tried} is not enough ({why})"


def _say(reading: Reading, quote: Callable[[Refusal], str]) -> str:
    if isinstance(reading, Refusal):
        return quote(reading)
    return f"TEI then leaves out {', '.join(it.what for it in reading.skipped)}"


def change_release(args: ModelArgs, release: str) -> Change:
    """Return the change to another release; only some can have their weights baked in."""
    if args.weights == "baked" and at_least(release, "1.9.0"):
        both = {"tei_version": release, "weights": "cached"}
        return Change(f"write tei_version: {release} and weights: cached", both)
    return Change(f"write tei_version: {release}", {"tei_version": release})


def _is_whole(reading: Loaded) -> bool:
    return all(it.kind in _HARMLESS for it in reading.skipped)


def _ways(args: ModelArgs, more: tuple[Change, ...]) -> Iterator[Change]:
    each = (*_changes(args), *more)
    yield from each
    for one, other in combinations(each, 2):
        if not one.values.keys() & other.values.keys():
            yield one.and_then(other)


def _changes(args: ModelArgs) -> Iterator[Change]:
    """Yield each change that keeps what is asked for."""
    yield from (change_release(args, it) for it in BY_TRUST if it != args.tei_version)
    if args.dtype is not None:
        yield Change("leave dtype out", {"dtype": None})
    if args.dtype != "float32":
        yield Change("write dtype: float32", {"dtype": "float32"})
    yield _change_gpu(args)
    if _FLASH in args.env:
        env = {name: value for name, value in args.env.items() if name != _FLASH}
        yield Change(f"leave {_FLASH} out of env", {"env": env})
    if getattr(args, "pooling", None) is not None:
        yield Change("leave pooling out", {"pooling": None})


def _change_gpu(args: ModelArgs) -> Change:
    values = {"accelerator": DEFAULT_ACCELERATOR, "instance_type": None}
    instead = " in place of instance_type" if args.instance_type is not None else ""
    return Change(f"write accelerator: {DEFAULT_ACCELERATOR}{instead}", values)
