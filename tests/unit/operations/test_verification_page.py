"""The page of a verification: a verdict, every check, pictures, and nothing from elsewhere."""

import re
from dataclasses import replace

from baseten_tei.operations.spaces.bar_pictures import Interval, draw_interval
from baseten_tei.operations.spaces.verification_page import render_page
from tests.support.pages.verification_records import SPOILT, WHOLE, record


def test_a_page_says_what_was_found_and_draws_it() -> None:
    page = render_page(record())
    assert "<h1>search: the index of next can take over</h1>" in page
    for name in ("coverage", "one space", "overlap", "relevance", "latency"):
        assert f'data-column="check">{name}<' in page
    assert page.count("<svg") == 5
    assert "note-17: has 9,112 tokens" in page
    assert "thresholds: min_coverage 1, max_refused 0.01" in page
    assert not re.search(r"https?://(?!db\.internal)|src=|href=", page.replace("<wbr>", ""))


def test_what_failed_is_a_word_and_not_a_color_alone() -> None:
    page = render_page(record(SPOILT))
    assert (
        "the index of next is not ready (coverage, extra rows, vectors, one space, relevance)"
        in page
    )
    assert page.count("! failed") == 5
    assert "48,776 more are missing" in page


def test_without_a_judge_the_page_says_that_nobody_judged() -> None:
    page = render_page(record(replace(WHOLE, judgement=None)))
    assert "There was no reranker to judge" in page
    assert page.count("<svg") == 3


def test_names_cannot_become_part_of_the_page() -> None:
    bad = "<script>alert(1)</script>"
    named = replace(WHOLE.coverage, refused_rows={bad: bad}, missing_ids=(bad,), missing=1)
    page = render_page({**record(replace(WHOLE, coverage=named, new_index=bad)), "model": bad})
    assert "<script" not in page


def test_an_interval_is_drawn_within_its_picture() -> None:
    for low, high in ((0.0, 0.0), (-0.9, -0.2), (0.2, 0.9), (-0.04, 0.001)):
        drawn = draw_interval("x", Interval(low, (low + high) / 2, high, -0.05), "limit")
        places = [float(it) for it in re.findall(r'(?:c?x[12]?)="([-\d.]+)"', drawn)]
        assert all(0 <= it <= 400 for it in places)


def test_an_emulators_timings_are_told_as_such() -> None:
    told = "These are an emulator's timings"
    assert told in render_page(record())
    assert told not in render_page({**record(), "emulated": False})
