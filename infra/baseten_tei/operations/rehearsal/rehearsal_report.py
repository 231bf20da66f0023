"""What a rehearsal found: a row for each model, what failed, what to know, and how long it took."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from baseten_tei.operations.rehearsal.diagnostics import find_errors
from baseten_tei.operations.rehearsal.model_answers import (
    ModelAnswers,
    SpaceComparison,
    compare_spaces,
)
from baseten_tei.review.report.text_table import align

AnswersByModel = Mapping[str, ModelAnswers]
HEADINGS = ("model", "task", "pushed", "answers", "dims", "space", "emulator's ms")


@dataclass(frozen=True)
class RehearsedModel:
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
class RehearsalReport:
    """One stack's rehearsal; `base` is the commit that it was compared with."""

    stack: str
    base: str | None
    rows: tuple[RehearsedModel, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    """What the rehearsal is not: what was left out, and why."""
    seconds: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Return whether nothing failed; a warning is not a failure."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Return the whole report for scripts."""
        return {"passed": self.passed, **asdict(self)}


@dataclass(frozen=True)
class RehearsalResult:
    """The rows of a stack, and what is to be said of them."""

    rows: tuple[RehearsedModel, ...]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def compare_models(
    before: AnswersByModel, after: AnswersByModel, new_spaces: Collection[str]
) -> RehearsalResult:
    """Return each model's row. `new_spaces` are the models whose spec says `new_space: true`."""
    rows: list[RehearsedModel] = []
    problems: list[str] = []
    warnings: list[str] = []
    for name, now in after.items():
        was = before.get(name)
        place = compare_spaces(name, was, now) if was else SpaceComparison("new")
        rows.append(_row(name, was, now, place))
        problems += [f"model {name!r}: {problem}" for problem in now.problems]
        if was and not now.problems:
            warnings += _warnings(name, was, now, place, wanted=name in new_spaces)
    return RehearsalResult((*rows, *_list_removed(before, after)), tuple(problems), tuple(warnings))


def report_failure(
    tasks: Mapping[str, str], before: AnswersByModel, said: Sequence[str]
) -> RehearsalResult:
    """Return the rows of a stack that did not come up, and each error in what pulumi said."""
    problems = find_errors(said)
    rows = []
    for name, task in tasks.items():
        is_named = any(problem.startswith(f"model {name!r}: ") for problem in problems)
        rows.append(RehearsedModel(name, task, "unknown", "failed" if is_named else "not called"))
    return RehearsalResult((*rows, *_list_removed(before, tasks)), problems)


def _list_removed(before: AnswersByModel, after: Collection[str]) -> list[RehearsedModel]:
    removed = {name: was for name, was in before.items() if name not in after}
    return [RehearsedModel(name, was.task, "removed", "") for name, was in removed.items()]


def _row(
    name: str, was: ModelAnswers | None, now: ModelAnswers, place: SpaceComparison
) -> RehearsedModel:
    changed = "yes" if was and was.digest != now.digest else "no"
    return RehearsedModel(
        model=name,
        task=now.task,
        pushed=changed if was else "new",
        answers="failed" if now.problems else "ok",
        dimensions=now.dimensions,
        space=place.shown,
        milliseconds_before=was.latency if was else None,
        milliseconds=now.latency,
    )


def _warnings(
    name: str, was: ModelAnswers, now: ModelAnswers, place: SpaceComparison, *, wanted: bool
) -> list[str]:
    found = []
    if place.is_moved and not wanted:
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


def render_text(report: RehearsalReport) -> str:
    """Return the title, the table, the seconds, then a line for each warning and each failure."""
    return "\n".join(_report_lines(report))


def _report_lines(report: RehearsalReport) -> Iterator[str]:
    against = f", compared with {report.base[:12]}" if report.base else ""
    yield f"== stack {report.stack}, rehearsed on an emulator{against}"
    yield from align([HEADINGS, *map(_cells, report.rows)])
    yield "seconds: " + ", ".join(f"{what} {took:.1f}" for what, took in report.seconds.items())
    yield from (f"note: {line}" for line in report.notes)
    yield from (f"warning: {line}" for line in report.warnings)
    yield from (f"failed: {line}" for line in report.problems)


def _cells(row: RehearsedModel) -> tuple[str, ...]:
    dimensions = str(row.dimensions or "")
    latency = _latency(row.milliseconds_before, row.milliseconds)
    return (row.model, row.task, row.pushed, row.answers, dimensions, row.space, latency)


def _latency(before: float | None, now: float | None) -> str:
    if now is None:
        return ""
    return f"{now:.1f}" if before is None else f"{before:.1f} -> {now:.1f}"
