"""Costs under schedules, against tables that were worked out by hand, in months with a change of the clocks.

Europe/Berlin: 2026-03-29 has no hour from 02:00 (March has 743 hours), 2026-10-25 has it twice (October has 745).
America/New_York: 2026-03-08 has no hour from 02:00 (743), 2026-11-01 has the one from 01:00 twice (November has 721).
March 2026 begins on a Sunday and has 22 days from Monday to Friday. October has 5 Saturdays and 4 Sundays, the 25th
among them, which has 25 hours.
"""

from typing import Any

import pytest

from baseten_tei.deployment.money.costs import LISTED, Monthly, Prices, by_hour, monthly
from baseten_tei.deployment.schedules.hours import OTHERWISE, Month, parse_month
from tests.support.specs import spec

AN_HOUR = 0.01414 * 60
"""US dollars of an L4:4x16."""
BERLIN, NEW_YORK = {"timezone": "Europe/Berlin"}, {"timezone": "America/New_York"}
WARM = {"warm": {"days": "mon-fri", "hours": "08:00-18:00", **BERLIN, "min_replica": 2}}
NIGHT = {
    "schedules": {"night": {"hours": "22:00-07:00", **BERLIN, "min_replica": 1, "max_replica": 2}}
}
WEEKEND = {
    "schedules": {
        "off": {
            "days": "sat,sun",
            "hours": "00:00-24:00",
            **BERLIN,
            "min_replica": 0,
            "max_replica": 1,
        }
    }
}
QUARTERS = {"schedules": {"batch": {"minutes": "0-15", **NEW_YORK, "min_replica": 2}}}
EARLY = {
    "schedules": {"early": {"hours": "01:30-02:30", **NEW_YORK, "min_replica": 4, "max_replica": 8}}
}
TWICE = {
    "schedules": {"twice": {"hours": "01:00-02:00", **NEW_YORK, "min_replica": 5, "max_replica": 5}}
}
SALE = {
    "schedules": {
        "sale": {
            "start": "2026-10-24T18:00",
            "end": "2026-10-26T06:00",
            **BERLIN,
            "min_replica": 3,
            "max_replica": 5,
        }
    }
}

BY_HAND: list[tuple[str, dict[str, Any], str, list[float], tuple[float, float, float]]] = [
    # what, autoscaling, month, hours of the window and outside it, replica hours at minimum, typical, maximum
    ("22 working days of 10 hours", {**WARM, "max_replica": 4}, "2026-03",
     [220, 523], (220 * 2, 220 * 2 + 523 * 1, 743 * 4)),
    ("31 nights of 9 hours, one of them an hour shorter", {**NIGHT, "min_replica": 3, "max_replica": 6}, "2026-03",
     [278, 465], (278 * 1 + 465 * 3, 278 * 1 + 465 * 3, 278 * 2 + 465 * 6)),
    ("9 days of the weekend, one of them of 25 hours", {**WEEKEND, "min_replica": 1, "max_replica": 3}, "2026-10",
     [217, 528], (528 * 1, 217 * 1 + 528 * 1, 217 * 1 + 528 * 3)),
    ("a quarter of each of 721 hours", {**QUARTERS, "max_replica": 2}, "2026-11",
     [180.25, 540.75], (180.25 * 2, 180.25 * 2 + 540.75, 721 * 2)),
    ("30 hours, and half of one that is cut", {**EARLY, "min_replica": 1, "max_replica": 2}, "2026-03",
     [30.5, 712.5], (30.5 * 4 + 712.5, 30.5 * 4 + 712.5, 30.5 * 8 + 712.5 * 2)),
    ("30 hours, one of which comes twice", {**TWICE, "max_replica": 1}, "2026-11",
     [31, 690], (31 * 5, 31 * 5 + 690, 31 * 5 + 690)),
    ("36 hours once, and one more because the clocks go back", {**SALE, "max_replica": 2}, "2026-10",
     [37, 708], (37 * 3, 37 * 3 + 708, 37 * 5 + 708 * 2)),
    ("the same in the month after it", {**SALE, "max_replica": 2}, "2026-11",
     [720], (0, 720, 1440)),
    ("no schedule, so a month of UTC", {"min_replica": 1, "max_replica": 3}, "2026-02",
     [], (672, 672, 2016)),
]  # fmt: skip


@pytest.mark.parametrize(("_what", "autoscaling", "month", "hours", "replica_hours"), BY_HAND)
def test_a_calendar_month_costs_what_was_worked_out_by_hand(
    _what: str,
    autoscaling: dict[str, Any],
    month: str,
    hours: list[float],
    replica_hours: tuple[float, float, float],
) -> None:
    args = spec(autoscaling=autoscaling)
    found = monthly(args, LISTED, parse_month(month))
    figures = (found.minimum, found.typical, found.maximum)
    assert figures == tuple(pytest.approx(it * AN_HOUR) for it in replica_hours)
    rows = by_hour(args, LISTED, parse_month(month))
    assert [it.held.minutes / 60 for it in rows] == ([] if len(hours) < 2 else hours)


def test_an_average_month_has_730_hours_in_the_proportion_of_a_week() -> None:
    """Of the 168 hours of a week 50 are from 08 to 18 on a working day: 217.26 of 730."""
    args = spec(autoscaling={**WARM, "max_replica": 4})
    inside, outside = by_hour(args, LISTED)
    assert inside.held.minutes / 60 == pytest.approx(730 * 50 / 168) == pytest.approx(217.2619)
    assert (outside.held.when, outside.held.minutes / 60) == (OTHERWISE, pytest.approx(512.7381))
    assert (inside.minimum, inside.typical, inside.maximum) == (
        pytest.approx(2 * AN_HOUR), pytest.approx(2 * AN_HOUR), pytest.approx(4 * AN_HOUR),
    )  # fmt: skip
    found = monthly(args, LISTED)
    assert found.scheduled
    assert found.minimum == pytest.approx(730 * 50 / 168 * 2 * AN_HOUR)
    assert found.maximum == pytest.approx(730 * 4 * AN_HOUR)


def test_a_window_that_comes_once_is_beside_an_average_month() -> None:
    args = spec(autoscaling={**SALE, "min_replica": 1, "max_replica": 2})
    once, rest = by_hour(args, LISTED)
    assert (once.held.once, once.held.minutes) == (True, 37 * 60)
    assert (rest.held.once, rest.held.minutes) == (False, 730 * 60)
    assert monthly(args, LISTED).minimum == pytest.approx(730 * AN_HOUR)


def test_a_schedule_that_is_disabled_costs_nothing() -> None:
    autoscaling = {"schedules": {"off": {**NIGHT["schedules"]["night"], "enabled": False}}}
    assert monthly(spec(autoscaling=autoscaling), LISTED) == monthly(spec(), LISTED)
    assert by_hour(spec(autoscaling=autoscaling), LISTED) == []


def test_each_environment_counts_by_its_own_clock() -> None:
    args = spec(
        autoscaling={**QUARTERS, "max_replica": 2},
        environments={"staging": {"autoscaling": {**WARM, "max_replica": 2}}},
    )
    rows = by_hour(args, LISTED, Month(2026, 11))
    assert {it.environment: it.held.minutes for it in rows if it.held.when == OTHERWISE} == {
        "staging": (720 - 21 * 10) * 60,
        "production": 540.75 * 60,
    }
    minimum = monthly(args, LISTED, Month(2026, 11)).minimum
    assert minimum == pytest.approx((21 * 10 * 2 + 180.25 * 2) * AN_HOUR)


@pytest.mark.parametrize("autoscaling", [row[1] for row in BY_HAND])
@pytest.mark.parametrize("month", [None, Month(2026, 3)])
def test_an_unknown_price_is_unknown_in_every_figure(
    autoscaling: dict[str, Any], month: Month | None
) -> None:
    args, nothing = spec(autoscaling=autoscaling), Prices("nobody's", {})
    found = monthly(args, nothing, month)
    assert found == Monthly(None, None, None, frozenset({"L4:4x16"}), found.scheduled)
    every = [(it.minimum, it.typical, it.maximum) for it in by_hour(args, nothing, month)]
    assert every == [(None, None, None)] * len(every)


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "26-10", "2026-1", "october", "2026-10-01", "²026-10"]
)
def test_what_is_not_a_month_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="is not a month: write"):
        parse_month(text)
