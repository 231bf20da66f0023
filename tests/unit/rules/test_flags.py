"""Flags by version: the rules, and the reading of a command line that they are made of."""

import shlex

import pytest
from hypothesis import given

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.start_command import build_start_command
from baseten_tei.facts.tei import flags
from baseten_tei.facts.tei.flag_problems import find_flag_problems
from baseten_tei.facts.tei.releases import KNOWN
from baseten_tei.rules import flag_rules as flagging
from baseten_tei.rules.registry import find_firm
from baseten_tei.rules.rule import Finding
from baseten_tei.spec.args import ModelArgs
from tests.support.corpus import subject
from tests.support.specs import specs

RULES = {rule.id: rule for rule in flagging.RULES}


def found(of: Subject) -> dict[str, Finding]:
    return {rule.id: it for rule in flagging.RULES for it in rule.find(of)}


@given(specs())
def test_every_spec_that_passes_starts_with_a_command_that_its_release_reads(
    args: ModelArgs,
) -> None:
    assert find_firm(Subject("m", args)) == []
    words = shlex.split(build_start_command(args))
    if words[:2] == ["sh", "-c"]:
        words = shlex.split(words[2])[2:]
    assert list(find_flag_problems(words[1:], args.tei_version)) == []


@pytest.mark.parametrize("version", KNOWN)
@pytest.mark.parametrize("truncating", [True, False])
def test_truncation_is_written_in_a_form_that_each_release_reads(
    version: str, truncating: bool
) -> None:
    assert list(find_flag_problems(flags.auto_truncate_flags(truncating, version), version)) == []


@pytest.mark.parametrize(
    ("word", "version", "kind"),
    [
        ("--served-model-name=bge", "1.8.3", "unknown"),
        ("--served-model-name=bge", "1.9.0", None),
        ("--trust-remote-code", "1.9.3", "unknown"),
        ("--auto-truncate", "1.8.3", None),
        ("--auto-truncate=true", "1.8.3", "form"),
        ("--auto-truncate=false", "1.9.1", "form"),
        ("--auto-truncate=false", "1.9.2", None),
        ("--auto-truncate=0", "1.9.2", "form"),
        ("--json-output", "1.9.3", None),
        ("--json-output=true", "1.9.3", "form"),
        ("--max-batch-tokens=0", "1.9.3", "form"),
        ("--max-batch-tokens", "1.9.3", "form"),
        ("--dtype=bfloat16", "1.9.3", "form"),
        ("--pooling=last_token", "1.9.3", "form"),
        ("--pooling=last-token", "1.9.3", None),
        ("", "1.9.3", "unknown"),
    ],
)
def test_one_word_is_read_as_that_release_reads_it(
    word: str, version: str, kind: str | None
) -> None:
    assert [it.kind for it in find_flag_problems([word], version)] == ([kind] if kind else [])


@pytest.mark.parametrize("flag", sorted(flags.FLAGS))
def test_every_flag_of_the_table_can_be_written_in_some_form(flag: str) -> None:
    forms = [f"--{flag}", f"--{flag}=1", f"--{flag}=cls", f"--{flag}=float32"]
    assert [word for word in forms if not list(find_flag_problems([word], "1.9.3"))]


def test_a_flag_given_twice_is_refused_but_for_the_one_that_may_be_repeated() -> None:
    twice = ["--payload-limit=1", "--payload-limit=2"]
    assert [it.kind for it in find_flag_problems(twice, "1.9.3")] == ["conflict"]
    assert (
        list(find_flag_problems(["--cors-allow-origin=a", "--cors-allow-origin=b"], "1.9.3")) == []
    )


def test_a_value_that_is_a_token_is_not_repeated_to_the_reader() -> None:
    token = "hf_" + "Q7w" * 11
    for flag in (f"--payload-limit={token}", f"--{token}", token):
        told = found(subject("embedding", {"extra_flags": [flag], "env": {"DTYPE": token}}))
        assert told
        assert token not in str(told)
