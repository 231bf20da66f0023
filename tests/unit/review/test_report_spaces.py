"""What the comment says of a model that is replaced by another: who breaks, who notices nothing, what both cost."""

from typing import Any

from baseten_tei.deployment.money.costs import LISTED
from baseten_tei.operations.spaces.advance import advance, go_back
from baseten_tei.review.policies.policy_config import PolicyConfig
from baseten_tei.review.report.build import stack_report
from baseten_tei.review.report.knowledge import Knowledge
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import ChangeReport, ModelReport, StackReport
from tests.support.previews import preview_of
from tests.support.specs import raw

ALONE = raw(autoscaling={"min_replica": 1, "max_replica": 1})
WITH_NEXT: dict[str, Any] = {**ALONE, "next": {"model_id": "BAAI/bge-m3"}}
ADVANCED = advance("search", WITH_NEXT)


def report(before: dict[str, Any], after: dict[str, Any], *, real: bool = True) -> StackReport:
    known = Knowledge(LISTED, PolicyConfig(), real_account=real)
    return stack_report("test", "a test", preview_of({"search": before}, {"search": after}), known)


def by_name(found: StackReport) -> dict[str, ModelReport]:
    return {it.name: it for it in found.models}


def test_a_next_that_comes_breaks_nobody_and_both_are_in_the_costs() -> None:
    found = report(ALONE, WITH_NEXT)
    models = by_name(found)
    assert models["search-2"].kind == "created"
    assert not models["search"].breaks
    assert not models["search-2"].breaks
    assert "whoever calls search notices nothing" in models["search-2"].notices[0]
    assert models["search-2"].notices[0].endswith("with a key that is for this model, too")
    assert models["search"].why == {"next": "(none) → search-2 (BAAI/bge-m3)"}
    [together] = models["search"].notices
    assert together.startswith("together with search-2: $")
    before, after = found.cost.before.typical, found.cost.after.typical
    assert before is not None
    assert after is not None
    assert after == 2 * before


def test_an_advance_pushes_nothing_and_says_who_breaks_and_who_stays() -> None:
    models = by_name(report(WITH_NEXT, ADVANCED))
    assert {name: it.kind for name, it in models.items()} == {
        "search": "settings only",
        "search-2": "settings only",
    }
    assert models["search"].why == {"place": "search.current → search.previous"}
    assert models["search-2"].why == {"place": "search.next → search.current"}
    for it in models.values():
        assert it.traffic == (
            "nothing is pushed, and nothing changes on Baseten: only the stack's outputs do",
        )
    [breaks] = models["search"].breaks
    assert breaks.startswith("search serves BAAI/bge-m3 (search-2) from now on")
    assert "connects without expect_space" in breaks
    assert breaks.endswith("whoever connects with expect_space notices nothing")
    assert models["search"].notices[0] == "its URLs stay as long as it does"
    [unverified] = models["search-2"].breaks
    assert unverified.startswith(
        "its index is not verified (the record of `baseten-tei space verify`"
    )
    assert "its URLs stay" in models["search-2"].notices[0]


def test_a_verification_of_exactly_that_next_is_told_in_a_line() -> None:
    def told(**changes: Any) -> ModelReport:
        record = {
            "passed": True, "date": "2026-11-30T10:00:00+00:00", "summary": "9 of 9 rows", "checks": [],
            "figures": {"new_space": {"model_id": "BAAI/bge-m3", "revision": "main", **changes}},
        }  # fmt: skip
        known = Knowledge(LISTED, PolicyConfig(), verified={"search-2": record})
        found = preview_of({"search": WITH_NEXT}, {"search": ADVANCED})
        return by_name(stack_report("test", "a test", found, known))["search-2"]

    assert not told().breaks
    assert "its index is verified on 2026-11-30: 9 of 9 rows" in told().notices
    [other] = told(model_id="BAAI/bge-large-en-v1.5").breaks
    assert "is of another model: model_id 'BAAI/bge-large-en-v1.5', not 'BAAI/bge-m3'" in other


def test_the_way_back_says_the_same_of_the_other() -> None:
    models = by_name(report(ADVANCED, go_back("search", ADVANCED)))
    assert models["search-2"].breaks[0].startswith("search serves BAAI/bge-base-en-v1.5 (search)")
    assert not models["search"].breaks
    assert not any("verified" in it for it in models["search"].notices)  # the way back needs none


def test_a_previous_that_goes_breaks_those_who_have_an_index_of_its_space() -> None:
    alone = {key: it for key, it in ADVANCED.items() if key != "previous"}
    models = by_name(report(ADVANCED, alone))
    assert models["search"].kind == "deleted"
    assert models["search-2"].why == {"previous": "search (BAAI/bge-base-en-v1.5) → (none)"}
    assert any("was search.previous: whoever has an index" in it for it in models["search"].breaks)
    assert not models["search-2"].breaks


def test_an_advance_that_lets_the_old_model_sleep_says_both() -> None:
    asleep = advance("search", WITH_NEXT, sleep=True)
    old = by_name(report(WITH_NEXT, asleep))["search"]
    assert old.why["place"] == "search.current → search.previous"
    assert old.why["autoscaling.min_replica"] == "1 → 0"
    assert "Baseten applies the settings to it" in old.traffic[0]


def test_another_model_as_next_is_judged_as_each_model_is() -> None:
    changed = {**WITH_NEXT, "next": {"model_id": "BAAI/bge-large-en-v1.5"}}
    models = by_name(report(WITH_NEXT, changed))
    assert any("embed the index again" in it for it in models["search-2"].breaks)
    assert not models["search"].breaks


def test_models_that_are_alone_say_nothing_of_it() -> None:
    other = {**ALONE, "autoscaling": {"min_replica": 1, "max_replica": 2}}
    [model] = report(ALONE, other).models
    assert not any("together" in it or "search." in it for it in model.notices)


def test_on_an_emulator_nobody_is_told_a_sum() -> None:
    models = by_name(report(ALONE, WITH_NEXT, real=False))
    assert not models["search"].notices


def test_the_comment_shows_an_advance_as_a_change() -> None:
    text = render_markdown(ChangeReport(stacks=(report(WITH_NEXT, ADVANCED),)))
    assert "Breaks callers" in text
    assert "does not change" not in text
