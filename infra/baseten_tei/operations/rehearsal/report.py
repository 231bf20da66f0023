"""What a rehearsal found: a row for each model, what failed, what to know, and how long it took."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from baseten_tei.operations.rehearsal.diagnostics import errors
from baseten_tei.operations.rehearsal.seen import Seen, Space, space


@dataclass(frozen=True)
class Row:
    """One model: `pushed` is new, yes, no, removed or unknown; latencies are the emulator's, in milliseconds."""

    model: str
    task: str
    pushed: str
    answers: str
    dimensions: int | None = None
    space: str = ""
    milliseconds_before: float | None = None
    milliseconds: float | None = None


@dataclass(frozen=True)
class Report:
    """One stack's rehearsal; `base` is the commit that it was compared with."""

    stack: str
    base: str | None
    rows: tuple[Row, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    """What the rehearsal is not: what was left out, and why."""
    seconds: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether nothing failed; warnings are no failure."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Everything, for scripts."""
        return {"passed": self.passed, **asdict(self)}


@dataclass(frozen=True)
class Judged:
    """The rows of a stack, and what is to be said of them."""

    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def judged(
    before: Mapping[str, Seen], after: Mapping[str, Seen], new_spaces: Collection[str]
) -> Judged:
    """Each model's row. `new_spaces` are the models whose spec says `new_space: true`."""
    rows: list[Row] = []
    problems: list[str] = []
    warnings: list[str] = []
    for name, now in after.items():
        was = before.get(name)
        place = space(name, was, now) if was else Space("new")
        rows.append(_row(name, was, now, place))
        problems += [f"model {name!r}: {problem}" for problem in now.problems]
        if was and not now.problems:
            warnings += _warnings(name, was, now, place, wanted=name in new_spaces)
    return Judged((*rows, *_gone(before, after)), tuple(problems), tuple(warnings))


def failed(tasks: Mapping[str, str], before: Mapping[str, Seen], said: Sequence[str]) -> Judged:
    """The rows of a stack that did not come up, and each error in what pulumi said."""
    problems = errors(said)
    rows = [Row(name, task, "unknown", _fate(name, problems)) for name, task in tasks.items()]
    return Judged((*rows, *_gone(before, tasks)), problems)


def _fate(name: str, problems: Collection[str]) -> str:
    told = any(problem.startswith(f"model {name!r}: ") for problem in problems)
    return "failed" if told else "not called"


def _gone(before: Mapping[str, Seen], after: Collection[str]) -> list[Row]:
    return [Row(name, was.task, "removed", "") for name, was in before.items() if name not in after]


def _row(name: str, was: Seen | None, now: Seen, place: Space) -> Row:
    changed = "yes" if was and was.digest != now.digest else "no"
    return Row(
        model=name,
        task=now.task,
        pushed=changed if was else "new",
        answers="failed" if now.problems else "ok",
        dimensions=now.dimensions,
        space=place.shown,
        milliseconds_before=was.latency if was else None,
        milliseconds=now.latency,
    )


def _warnings(name: str, was: Seen, now: Seen, place: Space, *, wanted: bool) -> list[str]:
    found = []
    if place.moved and not wanted:
        what = "the embedding space" if now.task == "embedding" else "the scores"
        found.append(
            f"model {name!r}: moved {what}: {', '.join(place.problems)}: if that is wanted write "
            "new_space: true, and do again what was indexed or tuned with it"
        )
    if refused := [text for text in was.answers if text not in now.answers]:
        found.append(
            f"model {name!r}: refuses {len(refused)} of the texts that it took before: "
            "write auto_truncate: true, and longer ones are cut"
        )
    return found
