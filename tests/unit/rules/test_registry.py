"""The rules together: every corpus case, every rule's two sides, silences, and what reports look like."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from baseten_tei.__main__ import main
from baseten_tei.commands import check
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError
from baseten_tei.rules.formats.document import render_rules
from baseten_tei.rules.gpu.account_rule import find_missing_gpus
from baseten_tei.rules.registry import (
    BY_ID,
    DESCRIBED,
    RULES,
    UNLOCKED,
    check_model,
    error_lines,
    warning_lines,
)
from baseten_tei.rules.retired_rules import RETIRED
from baseten_tei.rules.settings import parse_settings
from tests.support.arbitrary import subjects
from tests.support.corpus import GOOD, Case, cases

FAILING, PASSING = cases(), cases(GOOD)


def silenced(subject: Subject, **silence: str) -> Subject:
    named = {rule_id.replace("_", "-"): reason for rule_id, reason in silence.items()}
    return Subject(subject.name, subject.args.model_copy(update={"silence": named}), subject.facts)


def found(subject: Subject) -> set[str]:
    return {it.rule.id for it in check_model(subject)}


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(FAILING) >= 60
    assert len(PASSING) >= 40


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case.slug)
def test_each_failure_of_the_field_is_caught_by_the_rule_it_names(case: Case) -> None:
    assert case.source
    assert set(case.rules) <= found(case.subject)


@pytest.mark.parametrize("case", PASSING, ids=lambda case: case.slug)
def test_nothing_that_works_is_refused(case: Case) -> None:
    assert error_lines(check_model(case.subject)) == []


def test_every_rule_has_a_case_that_breaks_it_and_one_that_keeps_it() -> None:
    broken = {rule for case in FAILING for rule in case.rules}
    kept = {rule.id for rule in RULES for case in PASSING if not rule.find(case.subject)}
    assert {rule.id for rule in RULES} - broken == set()
    assert {rule.id for rule in RULES} - kept == set()


def test_ids_are_used_once_and_every_rule_says_its_source() -> None:
    assert len(BY_ID) == len(RULES)
    assert all(rule.source.strip() and rule.title.strip() for rule in RULES)


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case.slug)
def test_every_finding_is_one_line_that_ends_in_what_to_do(case: Case) -> None:
    for it in check_model(case.subject):
        assert "\n" not in it.line
        assert it.finding.fix.strip(), it.rule.id


@given(subjects)
def test_no_spec_and_no_facts_make_the_check_raise(subject: Subject) -> None:
    check_model(subject)


def test_an_instance_that_there_is_not_leaves_the_other_rules_able_to_judge() -> None:
    unseen = [it for it in FAILING if "TEI-MODEL-001" in it.rules and it.subject.facts]
    for case in unseen:
        args = case.subject.args.model_copy(update={"accelerator": None, "instance_type": "0"})
        subject = replace(case.subject, args=args)
        assert {"TEI-GPU-006", "TEI-MODEL-001"} <= found(subject), case.slug
        assert find_missing_gpus([subject], ["L4:4x16"]) == []
    assert unseen


def test_a_silenced_rule_is_silent_and_one_that_finds_nothing_is_an_error() -> None:
    case = next(it for it in FAILING if "TEI-TASK-010" in it.rules)
    quiet = silenced(case.subject, TEI_TASK_010="callers take the sigmoid")
    assert "TEI-TASK-010" not in found(quiet)
    good = silenced(PASSING[0].subject, TEI_TASK_006="not needed")
    [line] = error_lines(check_model(good))
    assert "silence of TEI-TASK-006 silences nothing: remove TEI-TASK-006 from silence" in line


def test_an_unknown_silence_and_one_without_reason_are_errors() -> None:
    [line] = error_lines(check_model(silenced(PASSING[0].subject, TEI_TASK_0010="why")))
    assert (
        "silence names 'TEI-TASK-0010', which is not a rule: Perhaps you meant 'TEI-TASK-010'?"
        in line
    )
    case = next(it for it in FAILING if "TEI-TASK-010" in it.rules)
    told = error_lines(check_model(silenced(case.subject, TEI_TASK_010=" ")))
    assert any("silence of TEI-TASK-010 has no reason" in line for line in told)


@pytest.mark.parametrize("retired", RETIRED)
def test_a_silence_of_a_retired_rule_is_a_warning_that_names_what_replaced_it(retired: str) -> None:
    named = {retired.replace("-", "_"): "measured to be fine"}
    told = check_model(silenced(PASSING[0].subject, **named))
    assert error_lines(told) == []
    assert retired not in BY_ID
    assert RETIRED[retired] in BY_ID
    [line] = [line for line in warning_lines(told) if retired in line]
    assert "TEI-SILENCE-003" in line
    assert f"or write {RETIRED[retired]}: <why it does not apply>" in line


def test_a_model_that_is_not_locked_is_judged_by_its_spec_and_says_so() -> None:
    settings = parse_settings({"m": {"task": "embedding", "model_id": "a/b"}})
    [subject] = settings.subjects
    assert UNLOCKED.id in found(subject)
    assert error_lines(check_model(subject)) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "a/b is not locked, so only its spec was checked, and revision 'main' can move: run `baseten-tei lock`"),
        ({"revision": "v1"}, "a/b is not locked, so only its spec was checked, and revision 'v1' can move: run"),
        ({"revision": "a" * 40}, "a/b is not locked, so only its spec was checked: run `baseten-tei lock`"),
        ({"silence": {"TEI-SEC-011": "moves with us"}}, "a/b is not locked, so only its spec was checked: run"),
        ({"silence": {"TEI-LOCK-001": "is private"}}, "TEI-SEC-011 revision 'main' can move"),
    ],
)  # fmt: skip
def test_a_model_that_is_not_locked_gets_one_warning(more: dict[str, Any], said: str) -> None:
    """Whether there is no lock file, or one without it: the rules see no facts."""
    spec = {"task": "embedding", "model_id": "a/b", **more}
    [subject] = parse_settings({"m": spec}).subjects
    [line] = [it.line for it in check_model(subject)]
    assert said in line


def test_cheapest_without_facts_is_one_line() -> None:
    spec = {"task": "embedding", "model_id": "a/b", "accelerator": "cheapest"}
    with pytest.raises(UserError) as caught:
        parse_settings({"m": spec})
    [line] = caught.value.problems
    assert (
        "accelerator cheapest needs the facts of a/b, which is not locked: run `baseten-tei lock`"
        in line
    )


def test_the_page_lists_every_rule() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == render_rules(DESCRIBED)
    assert all(f"| {rule.id}" in page for rule in DESCRIBED)


STACK = """\
config:
  baseten-tei:models:
    fine: {task: embedding, model_id: a/b}
    "wide":
      task: embedding
      model_id: a/b
      tei_version: 1.9.3
      max_concurrent_requests: 64
"""


@pytest.fixture
def project(tmp_path):  # type: ignore[no-untyped-def]  # pytest's own
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    return tmp_path


def test_check_prints_a_table_json_and_sarif_with_lines(project, capsys) -> None:  # type: ignore[no-untyped-def]
    assert main(["check", "--root", str(project)]) == 0
    assert capsys.readouterr().out.startswith("Pulumi.dev.yaml: 2 models, 0 errors, ")
    assert main(["check", "--root", str(project), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {(it["model"], it["line"]) for it in told} == {("fine", 3), ("wide", 4)}
    assert main(["check", "--root", str(project), "--format", "sarif", "--stack", "dev"]) == 0
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {
        rule.id for rule in DESCRIBED
    }
    assert {it["ruleId"] for it in run["results"]} <= set(BY_ID)


def test_check_exits_1_with_errors_and_2_where_it_cannot_read(project) -> None:  # type: ignore[no-untyped-def]
    path = project / "Pulumi.dev.yaml"
    path.write_text(STACK + "      silence: {TEI-NO-001: why}\n")
    assert main(["check", "--root", str(project)]) == 1
    path.write_text(STACK.replace("task: embedding\n", "task: none\n"))
    assert main(["check", "--root", str(project)]) == 2
    assert main(["check", "--root", str(project), "--stack", "nope"]) == 2


def test_a_gpu_the_organization_has_not_is_told_where_the_account_is_asked(
    project, monkeypatch, capsys
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(check, "read_account_instances", lambda: ["T4x4x16", "1x2"])
    assert main(["check", "--root", str(project), "--account"]) == 1
    told = capsys.readouterr().out
    assert "TEI-ACCOUNT-001" in told
    assert "write accelerator: CPU or T4; or ask Baseten's support for L4" in told
    monkeypatch.setattr(check, "read_account_instances", lambda: ["L4:4x16"])
    assert main(["check", "--root", str(project), "--account"]) == 0


def test_the_readme_counts_the_rules() -> None:
    readme = Path(__file__).parents[3] / "README.md"
    assert f"[{len(RULES)} rules](docs/rules.md)" in readme.read_text(encoding="utf-8")
