"""What every family of rules owes: exactly the findings its cases name, none for what works, never an exception."""

import pytest
from hypothesis import given

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules import flag_rules, release_rules, token_rules
from baseten_tei.rules.gpu import image_rules
from baseten_tei.rules.memory import gpu_memory_rules
from baseten_tei.rules.model import start_rules
from baseten_tei.rules.registry import FAMILIES, check_model
from baseten_tei.rules.rule import Rule
from baseten_tei.rules.secrets import access_rules
from baseten_tei.rules.task import task_rules
from baseten_tei.rules.value import name_rules
from tests.support.arbitrary import subjects
from tests.support.corpus import GOOD, Case, cases

PREFIX = {
    image_rules: "gpu-", task_rules: "task-", start_rules: "model-", token_rules: "tok-", flag_rules: "flag-",
    release_rules: "rel-", access_rules: "sec-", gpu_memory_rules: "mem-", name_rules: "spec-",
}  # fmt: skip
FIXES = ("write ", "leave ", "serve ", "call ", "remove ", "keep ", "run ", "shorten ", "export ")
OWN_CASES = [
    (family.RULES, case)
    for family in FAMILIES
    for case in cases()
    if case.slug.startswith(PREFIX[family])
]
ALL_RULES = [rule for family in FAMILIES for rule in family.RULES]


@pytest.mark.parametrize(("rules", "case"), OWN_CASES, ids=lambda it: getattr(it, "slug", ""))
def test_a_failure_of_the_field_is_caught_by_nothing_else_of_its_family(
    rules: tuple[Rule, ...], case: Case
) -> None:
    expected = {rule for rule in case.rules if rule in {it.id for it in rules}}
    assert expected
    told = {it.rule.id for it in check_model(case.subject)}
    assert told & {rule.id for rule in rules} == expected


@pytest.mark.parametrize("case", cases(GOOD), ids=lambda case: case.slug)
def test_what_works_has_no_error(case: Case) -> None:
    assert not [
        rule.id for rule in ALL_RULES if rule.severity == "error" and rule.find(case.subject)
    ]


@given(subjects)
def test_no_subject_makes_a_rule_raise_and_each_finding_says_what_to_do(anything: Subject) -> None:
    for rule in ALL_RULES:
        for finding in rule.find(anything):
            assert finding.message, rule.id
            assert finding.fix.startswith(FIXES), rule.id


@given(subjects)
def test_a_rule_that_needs_facts_says_nothing_without_them(anything: Subject) -> None:
    spec_alone = Subject(anything.name, anything.args, None)
    assert not [rule.id for rule in ALL_RULES if rule.needs_facts and rule.find(spec_alone)]
