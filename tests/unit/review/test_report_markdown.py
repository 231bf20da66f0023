"""The comment as a whole: short enough for any fleet, largest changes first, and held to by the merge."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.commands.pr.verify import find_problems
from baseten_tei.deployment.money.costs import LISTED
from baseten_tei.errors import UserError
from baseten_tei.review.forges.report_comment import MARKER
from baseten_tei.review.policies.policy_config import PolicyConfig
from baseten_tei.review.report.approval_marks import (
    MOST,
    compute_marks,
    find_not_reviewed,
    read_marks,
)
from baseten_tei.review.report.before_and_after import model_changes
from baseten_tei.review.report.build import stack_report
from baseten_tei.review.report.html_report import render_page
from baseten_tei.review.report.knowledge import Knowledge
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import (
    ChangeReport,
    Cost,
    Money,
    StackReport,
    parse_report,
    render_json,
)
from baseten_tei.review.report.text_report import render_text
from baseten_tei.review.report.wording import format_change, format_counts, format_usd
from tests.support.previews import preview_of, preview_text
from tests.support.reports import NONE, model_report, report_of, stack_of
from tests.support.specs import raw

GOLDEN = Path(__file__).parents[2] / "golden" / "comments"
GITHUB_TAKES = 65_536
LONG = "#" * 1_900


def fleet(size: int, word: str = "x") -> list[Any]:
    return [model_report(f"model-{n:04}", word) for n in range(size)]


@pytest.mark.parametrize("size", [0, 1, 10, 200, 600])
@pytest.mark.parametrize("word", ["x", LONG])
def test_a_comment_of_any_fleet_is_short_enough_and_counts_what_it_leaves_out(
    size: int, word: str
) -> None:
    text = render_markdown(report_of(*fleet(size, word)))
    assert len(text) <= GITHUB_TAKES
    shown = len(re.findall(r"^\| (?:🔴 )?`model-", text, re.MULTILINE))
    left = re.search(r"Not shown: (\d+) pushed", text)
    assert shown + (int(left[1]) if left else 0) == size


@pytest.mark.parametrize("stacks", [2, 20, 60])
def test_a_comment_of_many_stacks_is_short_enough_too(stacks: int) -> None:
    report = ChangeReport(
        stacks=tuple(stack_of(*fleet(30, LONG), stack=f"s{n}") for n in range(stacks))
    )
    text = render_markdown(report)
    assert len(text) <= GITHUB_TAKES
    shown = len(re.findall("^### `s", text, re.MULTILINE))
    assert shown == stacks or f"… and {stacks - shown} more stacks" in text
    assert shown


def test_a_fleet_of_two_hundred_shows_each_model() -> None:
    assert "Not shown" not in render_markdown(report_of(*fleet(200)))


def test_the_largest_changes_come_first() -> None:
    more = Cost(before=NONE, after=Money(minimum=0.0, typical=5_000.0, maximum=5_000.0))
    models = [
        model_report("settings", kind="settings only", breaks=()),
        model_report("cheap", breaks=()),
        model_report("dear", breaks=(), cost=more),
        model_report("gone", kind="deleted", breaks=()),
        model_report("breaking", kind="settings only"),
        model_report("same", kind="unchanged", breaks=()),
    ]
    text = render_markdown(report_of(*models))
    rows = re.findall(r"^\| (?:🔴 )?`([a-z]+)`", text, re.MULTILINE)
    assert rows == ["breaking", "gone", "dear", "cheap", "settings"]
    assert "Not shown: 1 unchanged." in text


def test_details_are_left_out_before_rows_are() -> None:
    text = render_markdown(report_of(*fleet(100, "word")), limit=20_000)
    assert 0 < text.count("<details>") < len(re.findall(r"^\| 🔴 `model-", text, re.MULTILINE))


def test_nothing_to_do_is_a_short_comment() -> None:
    text = render_markdown(ChangeReport(stacks=(same("production"),)))
    assert "| model |" not in text
    assert text.endswith("1 stack does not change: `production`.\n")


def same(name: str, **more: Any) -> StackReport:
    """A stack whose only model does not change, with advice that is no news."""
    model = model_report(kind="unchanged", drift={})
    return stack_of(model, **{"stack": name, "secrets": (), "findings": (), **more})


def test_stacks_that_do_not_change_are_one_line_and_their_marks_stay() -> None:
    changing = stack_of(*fleet(2), stack="dev")
    stacks = (same("production"), changing, *(same(f"region-{n}") for n in range(40)))
    text = render_markdown(ChangeReport(stacks=stacks))
    assert re.findall("^### `([^`]+)`", text, re.MULTILINE) == ["dev"]
    assert "41 stacks do not change: `production`, `region-0`," in text
    assert "`region-18` and 21 more." in text
    assert all(read_marks(text, it.stack) is not None for it in stacks)


@pytest.mark.parametrize(
    "more",
    [
        {"secrets": ("hf_access_key: is stored in Baseten",)},
        {"errors": ("the preview failed",)},
        {"findings": stack_of().findings},
        {"models": (model_report(kind="unchanged"),)},
    ],
    ids=["a secret", "a preview that stopped", "an error of a rule", "drift"],
)
def test_a_stack_with_anything_to_read_is_not_left_out(more: dict[str, Any]) -> None:
    report = ChangeReport(stacks=(same("production").model_copy(update=more),))
    assert "### `production`" in render_markdown(report)


@pytest.mark.parametrize("render", [render_markdown, render_page, render_text])
def test_a_stack_on_an_emulator_shows_no_money(render: Callable[[ChangeReport], str]) -> None:
    text = render(report_of(*fleet(2), on_emulator=True, prices=""))
    assert "On an emulator: nothing is billed." in text
    assert "$" not in text
    assert "per million tokens" not in text
    assert "all models" not in text
    assert "$" in render(report_of(*fleet(2)))


def test_the_comment_of_many_stacks_is_the_one_that_was_reviewed() -> None:
    """One on an emulator, one on an account that changes, two that do not; `UPDATE_GOLDEN=1` writes it anew."""
    spec = raw(revision="a" * 40, autoscaling={"min_replica": 1, "max_replica": 3})
    changed = {**spec, "max_batch_tokens": 8192}
    stacks = [
        stack_report(name, "a test", preview_of({"bge": spec}, {"bge": after}), known)
        for name, after, known in (
            ("dev", changed, Knowledge(LISTED, PolicyConfig())),
            ("eu", spec, Knowledge(LISTED, PolicyConfig(), real_account=True)),
            ("production", changed, Knowledge(LISTED, PolicyConfig(), real_account=True)),
            ("staging", spec, Knowledge(LISTED, PolicyConfig(), real_account=True)),
        )
    ]
    text = re.sub(
        "( [A-Za-z0-9+/]{16})+ -->",
        " (marks) -->",
        render_markdown(ChangeReport(stacks=tuple(stacks))),
    )
    golden = GOLDEN / "stacks.md"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    of_dev = text.partition("### `dev`")[2].partition("### `production`")[0]
    assert "on an emulator" in of_dev
    assert "$" not in of_dev


@pytest.mark.parametrize(
    ("amount", "text"), [(0.0, "$0"), (0.42, "$0.42"), (619.332, "$619"), (12_345.6, "$12,346"), (None, "unknown")]
)  # fmt: skip
def test_money_is_told_as_people_read_it(amount: float | None, text: str) -> None:
    assert format_usd(amount) == text


def test_an_unknown_price_is_never_zero() -> None:
    assert format_change(None, None) == "unknown"
    assert format_change(0.0, None) == "$0 → unknown"
    unknown = Cost(
        before=NONE, after=Money(minimum=None, typical=None, maximum=None), unpriced=("L40S",)
    )
    text = render_markdown(report_of(model_report(cost=unknown), cost=unknown))
    assert "| $0 → unknown | $0 → unknown | $0 → unknown |" in text.replace("\u00a0", " ")
    assert "no price is known for `L40S`" in text


def test_kinds_are_counted_in_a_fixed_order() -> None:
    models = [
        model_report(str(n), kind=kind) for n, kind in enumerate(("deleted", "created", "deleted"))
    ]
    assert format_counts(models) == "1 created, 2 deleted"
    assert format_counts([]) == "no models"


def test_a_table_for_terminals_has_a_line_for_each_model() -> None:
    text = render_text(report_of(*fleet(3)))
    assert len(re.findall(r"^  model-\d+  pushed", text, re.MULTILINE)) == 3


def test_a_report_can_be_kept_and_read_back() -> None:
    report = report_of(*fleet(3))
    assert parse_report(render_json(report)) == report


@pytest.mark.parametrize(
    "text", ["", "{}", '{"version": 3, "stacks": []}', '{"stacks": [{"stack": "a b"}]}']
)
def test_what_is_no_report_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_report(text)
    assert len(refused.value.problems) == 1


def comment_of(before: Any, after: Any, stack: str = "test") -> str:
    known = Knowledge(LISTED, PolicyConfig())
    return render_markdown(
        ChangeReport(stacks=(stack_report(stack, "a test", preview_of(before, after), known),))
    )


BEFORE, AFTER = {"bge": raw()}, {"bge": raw(max_batch_tokens=8192)}


def test_an_up_of_what_was_reviewed_may_go_on() -> None:
    assert find_problems("test", preview_of(BEFORE, AFTER), comment_of(BEFORE, AFTER)) == []


def test_a_review_without_the_real_state_holds_too() -> None:
    """There everything looked new; what it is to be is the same."""
    assert find_problems("test", preview_of(BEFORE, AFTER), comment_of({}, AFTER)) == []


def test_an_up_that_has_less_left_to_do_may_go_on() -> None:
    assert find_problems("test", preview_of(AFTER, AFTER), comment_of(BEFORE, AFTER)) == []


@pytest.mark.parametrize(
    ("after", "named"),
    [
        ({"bge": raw(max_batch_tokens=4096)}, "model bge"),
        ({"bge": raw(max_batch_tokens=8192, autoscaling={"max_replica": 9})}, "model bge"),
        ({**AFTER, "other": raw(model_id="BAAI/bge-small-en-v1.5")}, "model other"),
        ({}, "model bge"),
    ],
)
def test_an_up_of_anything_else_is_refused_by_name(after: Any, named: str) -> None:
    [line] = find_problems("test", preview_of(BEFORE, after), comment_of(BEFORE, AFTER))
    assert f"{named} would change in a way that was not reviewed" in line


def test_a_stack_that_nobody_reviewed_is_refused() -> None:
    [line] = find_problems("live", preview_of(BEFORE, AFTER), comment_of(BEFORE, AFTER))
    assert "no review of it" in line


def test_a_comment_with_two_reviews_of_a_stack_is_none() -> None:
    comment = comment_of(BEFORE, AFTER)
    assert read_marks(f"{comment}\n{comment}", "test") is None


def test_a_preview_that_stopped_reviews_nothing() -> None:
    report = report_of(stack="test", errors=("it stops",), marks=())
    assert read_marks(render_markdown(report), "test") is None


def test_a_fleet_too_large_to_list_is_reviewed_as_a_whole() -> None:
    marks = tuple(f"{n:016}" for n in range(MOST + 1))
    known = read_marks(render_markdown(report_of(marks=marks)), "production")
    assert known is not None
    assert len(known) == 1
    assert known[0].startswith("all=")


def test_a_large_review_holds_for_just_that_fleet() -> None:
    fleet_after = {f"m{n}": raw() for n in range(3)}

    preview = preview_of({}, fleet_after)
    of_up = compute_marks("test", preview, model_changes(preview))
    many = (*of_up.values(), *(f"{n:016}" for n in range(MOST)))
    assert find_not_reviewed(
        of_up, read_marks(render_markdown(report_of(marks=many)), "production") or ()
    )
    whole = {str(n): mark for n, mark in enumerate(many)}
    known = read_marks(render_markdown(report_of(marks=many)), "production") or ()
    assert find_not_reviewed(whole, known) == []


def test_the_commands_read_files_and_end_with_their_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: baseten-tei\n")
    (tmp_path / "Pulumi.test.yaml").write_text("config: {'baseten:target': emulator}\n")
    (tmp_path / "p.json").write_text(preview_text(BEFORE, AFTER))
    where = ["--root", str(tmp_path), "--preview", f"test={tmp_path / 'p.json'}"]
    data, comment = tmp_path / "r.json", tmp_path / "c.md"
    assert main(
        ["pr", "report", *where, "--origin", "a test", "--format", "json", "--output", str(data)]
    ) in (0, 1)
    assert main(
        ["pr", "report", "--from", str(data), "--format", "markdown", "--output", str(comment)]
    ) in (
        0,
        1,
    )
    assert comment.read_text().startswith(MARKER)
    review = ["--comment", str(comment), "--stack", "test", "--preview", str(tmp_path / "p.json")]
    assert main(["pr", "verify", *review, "--root", str(tmp_path)]) == 0
    (tmp_path / "p.json").write_text(preview_text(BEFORE, {}))
    assert main(["pr", "verify", *review, "--root", str(tmp_path)]) == 1
    (tmp_path / "p.json").write_text(preview_text(BEFORE, BEFORE, errors=("it stops",)))
    assert main(["pr", "verify", *review, "--root", str(tmp_path)]) == 2
    assert main(["pr", "report", *where, "--format", "table"]) == 1
    assert main(["pr", "report", "--from", str(tmp_path / "none.json")]) == 2
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .endswith("none.json: is not there: check the name and the folder")
    )
