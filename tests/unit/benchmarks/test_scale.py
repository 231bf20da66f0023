"""What `python -m benchmarks scale` makes of its runs."""

import xml.etree.ElementTree as ET

import pytest
from benchmarks.report import scale_report
from benchmarks.report.aims import Aim
from benchmarks.sections import scale_points as points
from benchmarks.sections.scale_points import Point, Taken, judge_points, make_point

SIZES = (1, 20, 100, 1000)


def taken(models: int, seconds: float = 0.04, calls: int = 0) -> Taken:
    return Taken(1 + models * seconds, 200 + models, 100 + models / 2, 50 + models / 2, calls)


def all_points(models: int) -> list[Point]:
    bare, frugal = [taken(models, 0.05)], [taken(models, 0.035)]
    measured = [
        make_point(points.PREVIEW, models, [taken(models)], points.BARE, bare),
        make_point(points.PREVIEW, models, [taken(models)], points.FRUGAL, frugal),
        make_point(points.UP, models, [taken(models)], points.BARE, bare),
        make_point(points.REFRESH, models, [taken(models, calls=models + 1)]),
        make_point(points.DESTROY, models, [taken(models)]),
    ]
    if models <= 20:
        loop = [Taken(3.0 * models)]
        measured.append(
            make_point(points.FIRST_UP, models, [taken(models, 0.5)], points.LOOP, loop)
        )
    return measured


MEASURED = [it for models in SIZES for it in all_points(models)]


def generated() -> list[str]:
    """Lines, columns not padded."""
    return [" ".join(it.split()) for it in scale_report.render_text({}, MEASURED).splitlines()]


def told(aim: str) -> Aim:
    [found] = [it for it in judge_points(MEASURED) if it.aim.startswith(aim)]
    return found


@pytest.mark.parametrize(
    ("aim", "measured", "met"),
    [
        ("no-op preview ≤ 1.15x", "0.99x at 1, 0.90x at 20, 0.83x at 100, 0.80x at 1000", True),
        (
            "≤ 500 MB",
            "1200 MiB in all processes, of which the engine 600, our program 550; the bare program's 1200",
            False,
        ),
        ("time for a model", "0.82x (50 and 41 ms)", True),
        ("0 calls", "0", True),
        ("calls in a refresh", "2 for 1, 21 for 20, 101 for 100, 1001 for 1000", True),
        ("first up of 20", "0.18x", True),
    ],
)
def test_each_aim_stands_beside_what_was_measured(aim: str, measured: str, met: bool) -> None:
    assert (told(aim).measured, told(aim).met) == (measured, met)


def test_a_run_of_few_sizes_speaks_only_of_what_it_measured() -> None:
    assert not [it for it in judge_points(all_points(1)) if "1000" in it.aim or "20" in it.aim]


def test_a_loop_that_was_not_measured_is_extrapolated_and_marked_and_nothing_else_is() -> None:
    row = next(it for it in generated() if it.startswith("| 1,000"))
    assert row.endswith("| | | 41.0 | | ~3000 |")


def test_the_ratios_are_to_a_bare_program_and_to_one_that_saves_the_same() -> None:
    assert any(it.startswith("| 1,000 | 41.0 (0.80x, 1.14x) |") for it in generated())


def test_the_plot_has_a_line_for_each_operation_and_rival() -> None:
    texts = [it.text for it in ET.fromstring(scale_report.render_plot(MEASURED)).iter() if it.text]  # noqa: S314  # ours
    expected = {points.PREVIEW, points.REFRESH, points.FIRST_UP, points.LOOP, "no-op preview, bare"}
    assert expected <= set(texts)
    assert points.ONE_CHANGE not in texts
