"""From figures to what passes and what does not: a pure function, with thresholds that can be given."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from baseten_tei_client.backfill._verification.figures import (
    Coverage,
    Figures,
    Judgement,
    Latency,
    Vectors,
)

MIN_OVERLAP = 0.2
"""Where there is no judge: indexes whose ids or vectors are mixed up have about none, good models 0.3 to 0.8."""


@dataclass(frozen=True)
class Thresholds:
    """What a new index has to reach. docs/spaces.md says why these are the defaults."""

    min_coverage: float = 1.0
    """Of the rows that were not refused."""
    max_refused: float = 0.01
    """Of all rows."""
    max_extra: int = 0
    min_recall: float | None = None
    """Mean overlap of the first k; `None`: 0.2 without a judge, and not looked at with one."""
    max_loss: float = 0.05
    """Of nDCG, by the worse end of its interval."""
    max_p95_ms: float | None = None
    """For embedding a query and searching in the new index; `None`: reported alone."""

    def as_mapping(self) -> dict[str, Any]:
        """Return them as JSON has them."""
        return asdict(self)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: whether it passed (`None`: only reported), and what was found, in a sentence."""

    name: str
    passed: bool | None
    found: str

    @property
    def line(self) -> str:
        """Return it as a line for people."""
        word = {True: "ok  ", False: "FAIL", None: "    "}[self.passed]
        return f"{word} {self.name}: {self.found}"


def judge(figures: Figures, wanted: Thresholds) -> list[Check]:
    """Return every check of these figures, in the order in which a reviewer reads them."""
    return [
        _coverage(figures.coverage, wanted),
        *_rest_of_rows(figures.coverage, wanted),
        _shape(figures.vectors),
        _space(figures),
        _old_index(figures),
        _overlap(figures, wanted),
        *([_judgement(figures.judgement, wanted)] if figures.judgement else []),
        _latency(figures.latency, wanted),
    ]


def _coverage(it: Coverage, wanted: Thresholds) -> Check:
    part = 1.0 if not it.due else it.present / it.due
    passed = part >= wanted.min_coverage and (it.present > 0 or it.due == 0)
    missing = f"; missing: {_names(it.missing_ids, it.missing)}" if it.missing else ""
    return Check(
        "coverage", passed, f"{it.present:,} of {it.due:,} rows are in the new index ({_percent(part)}){missing}"
    )  # fmt: skip


def _rest_of_rows(it: Coverage, wanted: Thresholds) -> Iterator[Check]:
    if it.refused:
        part = it.refused / max(1, it.rows)
        first = "; ".join(f"{name}: {why}" for name, why in list(it.refused_rows.items())[:3])
        yield Check(
            "refused rows",
            part <= wanted.max_refused,
            f"{it.refused:,} of {it.rows:,} rows have no vector because the model refused them ({first})",
        )
    if it.empty:
        yield Check("empty rows", None, f"{it.empty:,} rows have no text, and so no vector")
    if it.truncated:
        yield Check(
            "truncated rows", None, f"of {it.truncated:,} rows the model read only the beginning"
        )
    if it.repeated:
        yield Check(
            "repeated ids", None, f"{it.repeated:,} rows of the source have an id that came before"
        )
    if it.extra:
        yield Check(
            "extra rows",
            it.extra <= wanted.max_extra,
            f"{it.extra:,} vectors are of rows that the source does not have: {_names(it.extra_ids, it.extra)}",
        )


def _shape(it: Vectors) -> Check:
    bad = {
        f"do not have {it.dimensions} dimensions": it.wrong_length,
        "are not finite": it.not_finite,
        "are zero": it.zero,
        "are there twice": it.twice,
    }
    problems = [f"{count:,} {what}" for what, count in bad.items() if count]
    if not problems:
        return Check(
            "vectors", it.stored > 0, f"all {it.stored:,} have {it.dimensions} dimensions, and are finite and not zero"
        )  # fmt: skip
    named = f": {_names(it.bad_ids, len(it.bad_ids))}" if it.bad_ids else ""
    return Check("vectors", False, f"of {it.stored:,}, {', '.join(problems)}{named}")


def _space(figures: Figures) -> Check:
    it = figures.vectors
    noted = (
        "noted as the space of next" if figures.new_noted else "the index has no note of its space"
    )
    if not it.sample:
        return Check("one space", False, f"{noted}; there was no vector to embed anew")
    if it.foreign:
        found = (
            f"{it.foreign:,} of {it.sample:,} vectors that were embedded anew are not what the next model gives for "
            f"their text (another model, or a text that changed): {_names(it.foreign_ids, it.foreign)}"
        )
        return Check("one space", False, found)
    found = (
        f"{it.sample:,} of {it.stored:,} vectors embedded anew, least cosine {it.least_cosine:.5f}"
    )
    return Check("one space", figures.new_noted, f"{noted}; {found}")


def _old_index(figures: Figures) -> Check:
    noted = "" if figures.old_noted else "; it has no note of its space"
    if not figures.old_sample:
        return Check("old index", None, f"holds no row of the sample{noted}")
    good = figures.old_sample - figures.old_foreign
    found = f"{good:,} of {figures.old_sample:,} sampled vectors are what the current model gives"
    passed = None if figures.old_foreign * 10 <= figures.old_sample else False
    return Check("old index", passed, f"{found}{noted}")


def _overlap(figures: Figures, wanted: Thresholds) -> Check:
    it = figures.agreement
    least = wanted.min_recall
    if least is None and figures.judgement is None:
        least = MIN_OVERLAP
    asked = f"{it.queries} {'queries taken from rows' if it.of_rows else 'queries'}"
    left_out = f"; {it.refused} more were refused" if it.refused else ""
    part = _percent(it.overlap)
    found = f"of the old index's first {it.k}, the new one finds {part} ({asked}{left_out})"
    if least is None:
        return Check("overlap", None, f"{found}; which of both is better the judge says")
    return Check("overlap", it.overlap >= least, f"{found}; at least {_percent(least)} is wanted")


def describe_judgement(it: Judgement) -> str:
    """Return in words which of both is better."""
    if it.low > 0:
        return "next is better"
    if it.high < 0:
        return f"next is worse by {-it.difference:.3f}"
    return f"equal within {max(-it.low, it.high):.3f}"


def _judgement(it: Judgement, wanted: Thresholds) -> Check:
    found = (
        f"{describe_judgement(it)}: nDCG {it.old:.3f} before, {it.new:.3f} after, difference {_signed(it.difference)} "
        f"(95 % interval {_signed(it.low)} to {_signed(it.high)}, {it.queries} queries, judge {it.judge})"
    )
    passed = it.low >= -wanted.max_loss
    if not passed and it.difference >= -wanted.max_loss:
        found += f"; that it loses no more than {wanted.max_loss:g} takes more queries to show"
    elif not passed:
        found += f"; at most {wanted.max_loss:g} may be lost"
    return Check("relevance", passed, found)


def _latency(it: Latency, wanted: Thresholds) -> Check:
    before, after = it.all_old.p95, it.all_new.p95
    found = f"embedding a query and searching, p95: {before:.0f} ms before, {after:.0f} ms after ({it.queries} queries)"
    if wanted.max_p95_ms is None:
        return Check("latency", None, found)
    return Check(
        "latency",
        after <= wanted.max_p95_ms,
        f"{found}; at most {wanted.max_p95_ms:g} ms is wanted",
    )


def summarize(figures: Figures) -> str:
    """Return the figures in one line, as a pull request's comment has them."""
    coverage, agreement, latency = figures.coverage, figures.agreement, figures.latency
    judged = f", {describe_judgement(figures.judgement)}" if figures.judgement else ""
    return (
        f"{coverage.present:,} of {coverage.due:,} rows, {figures.vectors.sample:,} vectors embedded anew, overlap of "
        f"the first {agreement.k} {_percent(agreement.overlap)}{judged}, p95 {latency.all_old.p95:.0f} ms before and "
        f"{latency.all_new.p95:.0f} ms after"
    )


def _signed(number: float) -> str:
    """Return a difference with its sign; nothing has none."""
    shown = f"{number:+.3f}"
    return "0.000" if float(shown) == 0 else shown


def _percent(part: float) -> str:
    """Return a part in percent; 100 % is all of it."""
    shown = f"{part * 100:.2f}".rstrip("0").rstrip(".")
    return f"{'below 100' if shown == '100' and part < 1 else shown} %"


def _names(ids: Sequence[Any], count: int) -> str:
    some = ", ".join(str(it) for it in ids[:5])
    return f"{some}, …" if count > min(5, len(ids)) else some
