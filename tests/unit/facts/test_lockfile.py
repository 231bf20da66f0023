"""The lock file: the same bytes for the same facts, one line for each mistake in it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.errors import UserError
from baseten_tei.facts.hub.lock_changes import (
    LockedStack,
    Readings,
    exit_code,
    list_moves,
    list_problems,
    merge_entries,
)
from baseten_tei.facts.hub.lockfile import (
    HEADER,
    choose_entry,
    compare_facts,
    lock_path,
    parse_lock,
    render_lock,
)
from baseten_tei.facts.hub.model_facts import ModelFacts, Pooling, Weights

COMMIT = "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"
BERT = ModelFacts(
    model_id="org/bert",
    revision="main",
    commit=COMMIT,
    source="huggingface.co, 2026-11-22",
    license="mit",
    architectures=("BertForSequenceClassification",),
    model_type="bert",
    id2label={"0": "no", "1": "yes"},
    label2id={"no": 0, "yes": 1},
    pooling=Pooling(modes=("cls",)),
    prompts={"query": "query: "},
    weights=Weights(format="safetensors", bytes=9, parameters=2, dtypes=("F32",), files=("model.safetensors",)),
)  # fmt: skip
KEY = ("org/bert", "main")
TEXT = f"""\
models:
- model_id: org/bert
  revision: main
  commit: {COMMIT}
  source: huggingface.co, 2026-11-22
  license: mit
  architectures: [BertForSequenceClassification]
  model_type: bert
  id2label: {{'0': 'no', '1': 'yes'}}
  label2id: {{'no': 0, 'yes': 1}}
  pooling:
    modes: [cls]
  prompts:
    query: 'query: '
  weights:
    format: safetensors
    bytes: 9
    parameters: 2
    dtypes: [F32]
    files: [model.safetensors]
"""


def other(**fields: object) -> ModelFacts:
    return BERT.model_copy(update=fields)


def stack(*locked: ModelFacts, asked: bool = True) -> LockedStack:
    entries = {(facts.model_id, facts.revision): facts for facts in locked}
    return LockedStack(
        "locks/dev.yaml", entries, frozenset({KEY}), frozenset({KEY} if asked else ())
    )


def test_a_lock_file_reads_like_this() -> None:
    assert render_lock([BERT]) == HEADER + TEXT
    assert all(line.startswith("# ") for line in HEADER.splitlines())


def test_entries_are_sorted_and_each_way_gives_the_same_bytes() -> None:
    entries = [other(model_id="z/z"), other(revision="dev"), BERT]
    text = render_lock(entries)
    assert list(parse_lock(text)) == [("org/bert", "dev"), ("org/bert", "main"), ("z/z", "main")]
    assert render_lock(parse_lock(text).values()) == text == render_lock(reversed(entries))


WORDS = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    revision=WORDS,
    prompts=st.dictionaries(WORDS, WORDS | st.none()),
    labels=st.dictionaries(WORDS, WORDS),
    names=st.lists(WORDS).map(tuple),
)
def test_any_words_come_back_as_they_went(
    revision: str, prompts: dict[str, str | None], labels: dict[str, str], names: tuple[str, ...]
) -> None:
    facts = other(revision=revision, prompts=prompts, id2label=labels, modules=names)
    assert parse_lock(render_lock([facts])) == {("org/bert", revision): facts}


def test_an_empty_file_locks_nothing() -> None:
    assert parse_lock("") == parse_lock(HEADER) == parse_lock(render_lock([])) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "is not valid YAML: line 2: "),
        ("- 1", "must be a mapping with a list `models:`: fix it"),
        ("models: {}", "must be a mapping with a list `models:`: fix it"),
        ("models: [3]", "entry 1 (None): it: Input should be"),
        (TEXT.replace("license", "licence"), "entry 1 (org/bert): licence: Extra inputs are not permitted: fix it"),
        (TEXT.replace(f"  commit: {COMMIT}\n", ""), "entry 1 (org/bert): commit: Field required: fix it"),
        (TEXT + TEXT.removeprefix("models:\n"), "holds org/bert@main twice: fix it"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_lock_file_is_one_line(text: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_lock(text)
    (line,) = caught.value.problems
    assert told in line
    assert line.endswith("fix it, or delete the file and run `baseten-tei lock`")


def test_a_lock_file_is_found_by_its_stack() -> None:
    assert lock_path(Path("root"), "dev") == Path("root/locks/dev.yaml")


def test_a_change_is_told_by_field_before_and_after() -> None:
    after = other(
        commit="b" * 40,
        license=None,
        hidden_size=8,
        id2label={"0": "no", "1": "Yes"},
        pooling=None,
        prompts={},
    )
    assert compare_facts(BERT, after) == [
        f"commit: {COMMIT} -> {'b' * 40}",
        "license: mit -> nothing",
        "id2label.1: yes -> Yes",
        "pooling.modes: ['cls'] -> nothing",
        "pooling.has_cls_and_mean_keys: True -> nothing",
        "prompts.query: query:  -> nothing",
        "hidden_size: nothing -> 8",
        "prompts: nothing -> {}",
    ]


def test_a_prompt_that_became_null_is_a_change() -> None:
    assert compare_facts(other(prompts={}), other(prompts={"query": None})) != []


def test_where_facts_came_from_is_no_change() -> None:
    assert compare_facts(BERT, other(source="elsewhere")) == []


@pytest.mark.parametrize(
    ("after", "kept"),
    [
        (other(source="huggingface.co, 2027-01-01"), True),
        (other(source="mirror.example, 2026-11-22"), False),
        (other(source="huggingface.co, 2027-01-01", hidden_size=8), False),
    ],
)
def test_an_entry_is_kept_when_the_same_place_says_the_same(after: ModelFacts, kept: bool) -> None:
    assert choose_entry(BERT, after) == (BERT if kept else after)
    assert choose_entry(None, after) == after


def test_nothing_moves_alone() -> None:
    away = Readings(unreachable={KEY: "nobody answers"})
    assert list_moves(stack(BERT), away) == []
    assert merge_entries(stack(BERT), away) == [BERT]
    assert merge_entries(stack(BERT, asked=False), Readings({KEY: other(hidden_size=8)})) == [BERT]


def test_what_no_model_uses_is_told_and_goes() -> None:
    leftover = other(revision="old")
    readings = Readings({KEY: BERT})
    assert list_moves(stack(BERT, leftover), readings) == [
        "locks/dev.yaml: org/bert@old is used by no model"
    ]
    assert merge_entries(stack(BERT, leftover), readings) == [BERT]


@pytest.mark.parametrize(
    ("readings", "something_moved", "code"),
    [
        (Readings({KEY: BERT}), False, 0),
        (Readings({KEY: BERT}), True, 1),
        (Readings(refused={KEY: "gated"}), False, 2),
        (Readings(unreachable={KEY: "away"}), False, 2),
        (Readings(unreachable={KEY: "away"}), True, 2),
    ],
)
def test_exit_codes_tell_what_is_to_be_done(
    readings: Readings, something_moved: bool, code: int
) -> None:
    assert exit_code(readings, something_moved) == code


def test_a_hub_that_is_away_as_a_whole_is_one_line_and_one_model_is_named() -> None:
    every = Readings(unreachable={KEY: "h is down", ("a/b", "main"): "h is down"})
    assert len(list_problems(every)) == 1
    some = Readings({KEY: BERT}, {("c/d", "v1"): "no such thing"}, {("a/b", "main"): "h is slow"})
    assert list_problems(some) == [
        "no such thing",
        "a/b@main was not read, h is slow: what is locked stays as it is; "
        "try again online, or set HF_ENDPOINT to a mirror",
    ]
