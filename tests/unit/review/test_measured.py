"""Typical costs by what was up: the bill, else the metrics, else the estimate, each called by its name."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.baseten.usage import Billed, Series
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.deployment.money.costs import LISTED, Prices
from baseten_tei.deployment.schedules.hours import Month
from baseten_tei.errors import UserError
from baseten_tei.review.policies.policy_config import PolicyConfig
from baseten_tei.review.report.build import stack_report
from baseten_tei.review.report.engine_preview import parse_preview
from baseten_tei.review.report.html_report import render_page
from baseten_tei.review.report.knowledge import Knowledge
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import (
    ModelReport,
    StackReport,
    parse_report,
    render_json,
    report_on,
)
from baseten_tei.review.report.sections.model_costs import environments_by_id
from baseten_tei.review.report.text_report import render_text
from baseten_tei.review.usage.measured import Measured, billed_span, metrics_span
from baseten_tei.review.usage.usage_client import read_measured
from tests.support.previews import preview_of, preview_text
from tests.support.specs import raw

NOW = datetime(2026, 11, 30, 14, 20, tzinfo=UTC)
A_MONTH = 0.01414 * 43_800
"""US dollars of one L4:4x16 that never sleeps."""
DAY = 24 * 60
WARM = {"hours": "08:00-18:00", "timezone": "Europe/Berlin", "min_replica": 2}


class Account:
    """A Baseten whose bill and metrics are given."""

    def __init__(
        self, bill: Any, series: Any = None, created: str = "2026-02-01T00:00:00+00:00"
    ) -> None:
        self.bill, self.series, self.created = bill, series or {}, created
        self.asked: list[Any] = []

    def models(self, _team: str | None) -> list[RemoteModel]:
        return [RemoteModel("m1", "bge", "default", created_at=self.created)]

    def billed(self, *window: datetime) -> list[Billed]:
        self.asked.append(window)
        if isinstance(self.bill, UserError):
            raise self.bill
        return list(self.bill)

    def replica_series(self, _model: str, environment: str, *window: datetime) -> Series:
        self.asked.append((environment, *window))
        found = self.series[environment]
        if isinstance(found, UserError):
            raise found
        return Series(7200, tuple(found))


def part(minutes: int, model_id: str = "m1", name: str = "bge") -> Billed:
    return Billed("d1", model_id, name, "production", "L4:4x16", minutes)


def measured(account: Any, *environments: str) -> Measured | None:
    found = read_measured(account, {"m1": environments or ("production",), "gone": ()}, NOW)
    assert found.keys() <= {"m1"}
    return found.get("m1")


def test_the_bill_of_thirty_whole_days_says_how_many_replicas_there_were() -> None:
    account = Account([part(40 * DAY), part(5 * DAY), part(9 * DAY, "m2")])
    source = "Baseten's bill of 2026-10-31 to 2026-11-30 UTC: 64,800 replica minutes"
    assert measured(account) == Measured(1.5, source)
    assert account.asked == [
        (datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
    ]


def test_a_model_that_is_younger_counts_from_its_first_day() -> None:
    found = measured(Account([part(20 * DAY)], created="2026-11-20T00:00:00+00:00"))
    assert found == Measured(
        2, "Baseten's bill of 2026-11-20 to 2026-11-30 UTC: 28,800 replica minutes"
    )


def test_a_bill_without_ids_counts_by_a_name_that_is_the_only_one() -> None:
    twice = Account([part(30 * DAY, "", "bge")])
    assert measured(twice) == Measured(
        1, "Baseten's bill of 2026-10-31 to 2026-11-30 UTC: 43,200 replica minutes"
    )
    there = twice.models(None)
    twice.models = lambda _team: [*there, RemoteModel("m2", "bge", "ads")]  # type: ignore[method-assign]
    twice.series = {"production": [None]}
    assert measured(twice) is None


@pytest.mark.parametrize("bill", [[], UserError("403"), [part(0)]], ids=str)
def test_what_the_bill_does_not_say_the_metrics_of_a_week_say(bill: Any) -> None:
    account = Account(bill, {"production": [0, None, 3], "staging": [1, 1, 1]})
    found = measured(account, "production", "staging")
    assert found == Measured(2.5, "Baseten's metrics of 2026-11-23 14:20 to 2026-11-30 14:20 UTC")


@pytest.mark.parametrize("staging", [[], [None, None], UserError("404")], ids=str)
def test_what_neither_says_is_not_measured(staging: Any) -> None:
    """Nor is a model of which one environment is not known: half a sum is none."""
    account = Account([], {"production": [1], "staging": staging})
    assert measured(account, "production", "staging") is None


@pytest.mark.parametrize("value", [-1, 10**400, float("nan"), float("inf")])
def test_what_is_no_number_of_replicas_is_not_measured(value: Any) -> None:
    assert measured(Account([part(value)], {"production": [value, 1]})) is None


def test_no_bill_is_asked_for_that_baseten_does_not_have() -> None:
    assert billed_span(datetime(2026, 1, 11, 3, tzinfo=UTC)).minutes == 10 * DAY
    new_year = Account([UserError("not asked")], {"production": [1]})
    read_measured(new_year, {"m1": ("production",)}, datetime(2026, 1, 1, 12, tzinfo=UTC))  # type: ignore[arg-type]
    assert [it[0] for it in new_year.asked] == ["production"]
    assert metrics_span(NOW, datetime(2026, 11, 30, 12, tzinfo=UTC)).minutes == 140


def report(
    before: Any, after: Any, replicas: dict[str, Measured] | None, **more: Any
) -> StackReport:
    preview = preview_of(before, after, told={"bge": {"model_id": "m1"}})
    known = Knowledge(
        more.pop("prices", LISTED), PolicyConfig(), real_account=True, replicas=replicas, **more
    )
    return stack_report("test", "a test", preview, known)


def model(before: Any, after: Any, replicas: float = 1.5, **more: Any) -> ModelReport:
    return report(
        {"bge": before}, {"bge": after}, {"m1": Measured(replicas, "the bill")}, **more
    ).models[0]


def test_a_model_on_baseten_is_known_by_its_id() -> None:
    preview = preview_of(
        {"bge": raw()}, {"bge": raw(), "new": raw()}, told={"bge": {"model_id": "m1"}}
    )
    assert environments_by_id(preview) == {"m1": {"production"}}


@pytest.mark.parametrize(
    ("before", "after", "replicas", "was", "becomes", "said"),
    [
        ({"max_replica": 4}, {"max_replica": 4}, 1.5, 1.5, 1.5, "1.5 replicas on average, the bill"),
        ({"max_replica": 4}, {"min_replica": 3, "max_replica": 4}, 1.5, 1.5, 3, "the new bounds make it 3"),
        ({"max_replica": 4}, {"max_replica": 1}, 1.5, 1.5, 1, "the new bounds make it 1"),
        ({"max_replica": 4}, {"max_replica": 4, "warm": WARM}, 0.5, 0.5, 2 * 10 / 24, "make it 0.8333"),
        ({"max_replica": 4, "warm": WARM}, {"max_replica": 4, "warm": WARM}, 0.1, 0.1, 0.1, "0.1 replicas"),
    ],
)  # fmt: skip
def test_typical_is_what_was_within_what_the_new_bounds_allow(
    before: Any, after: Any, replicas: float, was: float, becomes: float, said: str
) -> None:
    found = model(raw(autoscaling=before), raw(autoscaling=after), replicas)
    assert found.cost.before.typical == pytest.approx(was * A_MONTH)
    assert found.cost.after.typical == pytest.approx(becomes * A_MONTH)
    assert said in found.typical


def test_a_calendar_month_has_its_own_hours_for_what_was_measured_as_well() -> None:
    found = model(raw(), raw(), 0.5, month=Month(2026, 2))
    assert found.cost.after.typical == pytest.approx(0.5 * 28 * DAY * 0.01414)


def test_an_unknown_price_stays_unknown_whatever_was_measured() -> None:
    warm = raw(autoscaling={"max_replica": 4, "warm": WARM})
    found = model(raw(), warm, prices=Prices("nobody's", {}))
    figures = [found.cost.before, found.cost.after, *(it.usd for it in found.hours)]
    assert {(it.minimum, it.typical, it.maximum) for it in figures} == {(None, None, None)}
    assert len(found.hours) == 2


def test_each_format_says_what_is_measured_and_what_is_an_estimate() -> None:
    stack = report(
        {"bge": raw(), "old": raw()},
        {"bge": raw(), "old": raw(), "new": raw()},
        {"m1": Measured(0.25, "the bill")},
    )
    whole = report_on([stack])
    for text in (render_text(whole), render_markdown(whole), render_page(whole)):
        assert "typical is 0.25 replicas on average, the bill" in text
        assert text.count("typical is an estimate: the replicas kept up, at least one") == 2
        assert "typical replicas as measured where Baseten says them" in text
    assert stack.cost.after.typical == pytest.approx(2.25 * A_MONTH)


def test_each_format_has_the_hours_of_a_schedule() -> None:
    warm = {"max_replica": 6, "warm": {**WARM, "days": "mon-fri"}}
    stack = report({"bge": raw()}, {"bge": raw(autoscaling=warm)}, None, month=Month(2026, 3))
    whole = report_on([stack])
    for text in (render_text(whole), render_markdown(whole), render_page(whole)):
        assert "Mon\N{EN DASH}Fri 08\N{EN DASH}18 Berlin" in text
        assert all(
            it in text for it in ("220", "523", "2 to 6", "0 to 6", "$1.70", "$5.09", "otherwise")
        )
        assert "for the hours of 2026-03" in text


@pytest.mark.parametrize(
    ("good", "bad"),
    [("08:00-18:00", "8 to 6"), ("Europe/Berlin", "Mars/Phobos"), ("mon-fri", "xyz")],
)
def test_a_schedule_that_cannot_be_read_costs_what_nobody_knows(good: str, bad: str) -> None:
    """A preview from a file may hold one: a rule refuses it before any call."""
    warm = raw(autoscaling={"max_replica": 4, "warm": {**WARM, "days": "mon-fri"}})
    text = preview_text({"bge": raw()}, {"bge": warm}, told={"bge": {"model_id": "m1"}})
    known = Knowledge(
        LISTED, PolicyConfig(), real_account=True, replicas={"m1": Measured(1.5, "the bill")}
    )
    found = stack_report("test", "a test", parse_preview(text.replace(good, bad)), known)
    cost = found.models[0].cost
    assert (cost.after.minimum, cost.after.typical, cost.after.maximum) == (None, None, None)
    assert cost.before.typical == pytest.approx(1.5 * A_MONTH)
    assert cost.unpriced == ("schedules that cannot be read",)
    assert [it.rule for it in found.findings if it.blocks] == ["TEI-SPEC-011"]
    assert found.models[0].why


def test_hours_of_a_model_that_does_not_change_are_shown_but_in_the_comment() -> None:
    warm = raw(autoscaling={"max_replica": 4, "warm": WARM})
    whole = report_on([report({"bge": warm}, {"bge": warm}, None)])
    assert "by the hour" in render_text(whole)
    assert "bge: by the hour" in render_page(whole)
    assert "otherwise" not in render_markdown(whole)


def test_the_page_shows_the_table_that_is_printed() -> None:
    warm = {"max_replica": 6, "warm": {**WARM, "days": "mon-fri"}}
    text = render_text(report_on([report({"bge": raw()}, {"bge": raw(autoscaling=warm)}, None)]))
    page = (Path(__file__).parents[3] / "docs" / "pull-requests.md").read_text()
    shown = page.partition("<!-- by hour -->\n```\n")[2].partition("```")[0]
    assert shown.count("\n") == 4
    assert shown in text


def test_a_report_is_of_version_2_only_where_it_says_more() -> None:
    plain = report_on([report({"bge": raw()}, {"bge": raw()}, None)])
    assert plain.version == 1
    assert '"hours"' not in render_json(plain)
    assert '"typical":""' not in render_json(plain).replace(" ", "")
    warm = report({"bge": raw()}, {"bge": raw(autoscaling={"max_replica": 4, "warm": WARM})}, None)
    for whole in (plain, report_on([warm]), report_on([report({}, {"bge": raw()}, {})])):
        assert parse_report(render_json(whole)) == whole
    assert report_on([warm]).version == 2
