"""Figures are kept by section, and docs/performance.md says of every aim what was measured."""

from pathlib import Path

import pytest
from benchmarks import __main__ as bench
from benchmarks.measure.timing import Figure
from benchmarks.report import figures
from benchmarks.report.record import RESULTS, Section, read_sections, save
from benchmarks.sections.scale_points import BARE, PREVIEW, Taken, make_point

ROOT = Path(__file__).parents[3]
FACTS = {"date": "2026-11-26 10:00 UTC", "machine": "some"}
RATIO = Figure("preview", "preview, 1 model", "bare program", (1.0, 2.0), (1.0, 1.0), 1.15)
ALONE = Figure("status", "status, 20 models", "", (0.2,), aim=0.3)
UNAIMED = Figure("status", "of that, Python and imports", "", (0.1,))
SCALE = make_point(PREVIEW, 20, [Taken(2.0, 300.0, 200.0, 90.0, 3)], BARE, [Taken(2.5)])
SECTIONS = (
    Section("preview", FACTS, (RATIO,)),
    Section("status", FACTS, (ALONE, UNAIMED)),
    Section("scale", FACTS, (SCALE,)),
)
NAMES = [it.name for it in SECTIONS]


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    for section in SECTIONS:
        save(section, tmp_path)
    assert read_sections(NAMES, tmp_path) == list(SECTIONS)


def test_a_section_that_was_never_measured_is_left_out(tmp_path: Path) -> None:
    save(SECTIONS[1], tmp_path)
    assert [it.name for it in read_sections(NAMES, tmp_path)] == ["status"]


def test_another_run_of_a_section_takes_the_place_of_the_last(tmp_path: Path) -> None:
    save(SECTIONS[1], tmp_path)
    again = Section("status", {**FACTS, "date": "2026-11-27"}, (ALONE,))
    save(again, tmp_path)
    assert read_sections(NAMES, tmp_path) == [again]


@pytest.mark.parametrize(
    "row",
    [
        "preview, 1 model ≤ 1.15x bare program | 1.50x (1.50 s to 1.00 s) | **no** | 2026-11-26",
        "status, 20 models ≤ 0.3 s | 0.20 s | yes | 2026-11-26",
        "no-op preview ≤ 1.15x bare at every size | 0.80x at 20 | yes | 2026-11-26",
    ],
)
def test_each_aim_stands_beside_what_was_measured_and_a_miss_stands_out(row: str) -> None:
    rows = [" ".join(line.split()) for line in figures.render_aims(SECTIONS).splitlines()]
    assert f"| {row} |" in rows


def test_a_figure_without_an_aim_is_no_aim() -> None:
    assert UNAIMED.what not in figures.render_aims(SECTIONS)


def test_only_the_table_of_aims_changes() -> None:
    text = f"before\n{figures.BEGIN}old\n{figures.END}\nafter\n"
    told = figures.insert_aims(text, SECTIONS)
    assert told == f"before\n{figures.BEGIN}{figures.render_aims(SECTIONS)}\n{figures.END}\nafter\n"


def test_the_docs_quote_what_was_measured_last() -> None:
    measured = read_sections(list(bench.SECTIONS), RESULTS)
    page = (ROOT / "docs/performance.md").read_text()
    assert measured
    assert figures.insert_aims(page, measured) == page
