"""Decisions of a rehearsal: the copy that is brought up, what answers have to be, what a report says."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.facts.files.write_files import append_line
from baseten_tei.facts.tei.routes import ROUTES
from baseten_tei.operations.rehearsal.answer_schemas import (
    ExpectedAnswer,
    answer_problem,
    expect_answer,
    outputs_problem,
)
from baseten_tei.operations.rehearsal.calls_client import full_batch
from baseten_tei.operations.rehearsal.diagnostics import find_errors
from baseten_tei.operations.rehearsal.model_answers import ModelAnswers, compare_spaces
from baseten_tei.operations.rehearsal.program_targets import OURS, left_out_lines, target_options
from baseten_tei.operations.rehearsal.rehearsal_report import (
    RehearsalReport,
    RehearsalResult,
    compare_models,
    render_text,
    report_failure,
)
from baseten_tei.operations.rehearsal.stack_copy import PLACEHOLDER, copy_stack, pulumi_environment
from baseten_tei.operations.rehearsal.stack_version import StackVersion
from baseten_tei.program.rehearsal import without_pins
from baseten_tei.project.program_run import Resource
from baseten_tei.project.rehearsed_outputs import read_outputs
from baseten_tei.provider.release.golden.texts import TEXTS
from baseten_tei.spec.args import EmbeddingArgs, EnvironmentArgs

ADDRESS = "http://127.0.0.1:4242"
MODELS = "baseten-tei:models"
TOKEN = "baseten-tei:hf_access_key"
CANARY = "canary-0123456789"


# --- the copy


def test_a_copy_is_on_the_emulator_and_holds_no_secret() -> None:
    config = {
        "baseten:target": "baseten",
        TOKEN: {"secure": CANARY},
        "mine:nested": {"list": [{"secure": CANARY}, 1]},
        MODELS: {"bge": {"task": "embedding"}},
    }
    copied = copy_stack(config, ADDRESS).config
    assert copied["baseten:target"] == ADDRESS
    assert copied[TOKEN] == {"from_env": "HF_ACCESS_KEY"}
    assert copied["mine:nested"] == {"list": [PLACEHOLDER, 1]}
    assert CANARY not in str(copied)


@pytest.mark.parametrize("token", [{"from_env": "HF_TOKEN"}, None])
def test_a_gated_model_finds_a_token_wherever_the_stack_has_its_own(token: Any) -> None:
    config = {MODELS: {}} | ({TOKEN: token} if token else {})
    assert copy_stack(config, ADDRESS).config[TOKEN] == {"from_env": "HF_ACCESS_KEY"}


def test_pins_and_protection_are_left_out_and_pins_are_told() -> None:
    bge = {
        "task": "embedding",
        "protect": True,
        "deployment": "previous",
        "environments": {"canary": {"deployment": "d1"}, "staging": {}},
    }
    copy = copy_stack({MODELS: {"bge": bge}}, ADDRESS)
    left = {"task": "embedding", "environments": {"canary": {}, "staging": {}}}
    assert copy.config[MODELS] == {"bge": left}
    assert copy.left_out == (
        "model 'bge': deployment: previous is left out: no such deployment is here",
        "model 'bge': environments.canary.deployment: d1 is left out: no such deployment is here",
    )


@pytest.mark.parametrize("models", [None, 3, ["bge"], {"bge": 3}, {"bge": {"environments": 3}}])
def test_what_is_wrong_in_a_configuration_stays_for_pulumi_to_refuse(models: Any) -> None:
    assert copy_stack({MODELS: models}, ADDRESS).config[MODELS] == models


def test_no_credential_reaches_the_copy_and_ci_does_not_keep_it_from_writing() -> None:
    names = ("BASETEN_API_KEY", "HF_TOKEN", "PULUMI_ACCESS_TOKEN", "AWS_SECRET_ACCESS_KEY", "CI")
    told = pulumi_environment({"PATH": "/bin", **dict.fromkeys(names, CANARY)}, "/here", ["search"])
    assert CANARY not in told.values()
    assert "CI" not in told
    assert told["PATH"] == "/bin"
    assert told["PULUMI_BACKEND_URL"] == "file:///here/.state"
    assert told["BASETEN_EMULATOR_TEAMS"] == "default,search"


def test_a_side_tells_its_team_and_a_broken_one_says_so() -> None:
    side = StackVersion("config: {baseten-tei:team: search}", "")
    assert side.team == "search"
    assert StackVersion("encryptionsalt: v1:x", "").config == {}
    for broken, said in (
        ("a: [", "is not valid YAML"),
        ("[]", "must be a mapping with a `config:` mapping"),
    ):
        with pytest.raises(Exception, match=said):
            _ = StackVersion(broken, "").config


# --- answers and outputs


def embeddings(count: int, dimensions: int = 3) -> dict[str, Any]:
    rows = [
        {"object": "embedding", "index": n, "embedding": [0.5] * dimensions} for n in range(count)
    ]
    return {"object": "list", "model": "m", "data": rows, "usage": {"total_tokens": 9}}


RANKS = [{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}]
LABELS = [[{"label": "joy", "score": 0.9}, {"label": "love", "score": 0.1}]] * 2
TWO = ExpectedAnswer(2, 3, ("love", "joy"))
RIGHT = {"embedding": embeddings(2), "reranker": RANKS, "classifier": LABELS}


def with_first(**changed: Any) -> dict[str, Any]:
    told = embeddings(2)
    told["data"][0] |= changed
    return told


@pytest.mark.parametrize("task", RIGHT)
def test_a_right_answer_has_no_problem(task: str) -> None:
    assert answer_problem(task, RIGHT[task], TWO) is None


@pytest.mark.parametrize(
    ("task", "told", "said"),
    [
        ("embedding", embeddings(1), "indices 0 for 2 texts, not 0 to 1 in order"),
        ("embedding", with_first(index=1), "indices 1, 1 for 2 texts, not 0 to 1 in order"),
        ("embedding", embeddings(2, 4), "vectors of [4] dimensions, not 3"),
        ("embedding", with_first(embedding=[0.5]), "vectors of [1, 3] dimensions, not 3"),
        ("embedding", with_first(embedding=[0, 0, 0]), "a vector of zeros for text 0"),
        ("embedding", with_first(embedding=[None] * 3), "null in place of a number, which is how TEI"),
        ("embedding", with_first(embedding=[math.inf] * 3), "data.0.embedding.0: input should be a finite"),
        ("embedding", with_first(embedding=["1"] * 3), "data.0.embedding.0: input should be a valid number"),
        ("embedding", {"error": "x"}, "object: field required"),
        ("embedding", [], "it: input should be a valid dictionary"),
        ("reranker", RANKS[:1], "indices 1 for 2 texts, not 0 to 1 in order"),
        ("reranker", [RANKS[0], RANKS[0]], "indices 1, 1 for 2 texts"),
        ("reranker", [], "indices none for 2 texts"),
        ("reranker", [{"index": 0, "score": None}], "0.score: null in place of a number"),
        ("classifier", LABELS[:1], "1 answers to 2 texts"),
        ("classifier", [LABELS[0], LABELS[0][:1]], "text 1 with labels ['joy'], not ['joy', 'love']"),
        ("classifier", [LABELS[0], LABELS[0] * 2], "text 1 with labels ['joy', 'joy', "),
        ("classifier", LABELS[0], "0: input should be a valid tuple"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_in_a_line(task: str, told: Any, said: str) -> None:
    problem = answer_problem(task, told, TWO)
    assert problem is not None
    assert said in problem
    assert "\n" not in problem


def test_labels_are_held_against_those_of_info_and_vectors_against_the_outputs() -> None:
    info = {"model_type": {"classifier": {"id2label": {"0": "joy", "1": "love"}}}}
    assert expect_answer(2, {}, info) == ExpectedAnswer(2, None, ("joy", "love"))
    assert expect_answer(1, {"space": {"dimensions": 768}}, {}) == ExpectedAnswer(1, 768, ())


def test_a_full_batch_holds_as_many_texts_as_the_task_takes_them() -> None:
    bodies = {task: full_batch(task, 40).body for task in ROUTES}
    assert len(bodies["embedding"]["input"]) == 40
    assert len(bodies["reranker"]["texts"]) == 40
    assert len(bodies["classifier"]["inputs"]) == 40
    assert all(len(one) == 1 for one in bodies["classifier"]["inputs"]), "else they are pairs"


def outputs(**changed: Any) -> dict[str, Any]:
    url = f"{ADDRESS}/sync"
    numbers = (
        "max_client_batch_size", "max_input_length", "payload_limit_bytes", "max_batch_tokens",
        "max_concurrent_requests", "predict_concurrency", "max_replica",
    )  # fmt: skip
    texts = (
        "model_id", "deployment_id", "environment", "image", "tei_version", "config_digest",
        "predict_url", "deployment_predict_url", "development_predict_url", "wake_url",
    )  # fmt: skip
    return {
        **dict.fromkeys(texts, "x"),
        "task": "reranker",
        "sync_url": url,
        "rerank_url": f"{url}/rerank",
        "limits": {**dict.fromkeys(numbers, 32), "auto_truncate": True},
        "a_key_of_a_later_version": 1,
        **changed,
    }


def environment(**changed: Any) -> dict[str, Any]:
    numbers = (
        "min_replica", "max_replica", "concurrency_target", "autoscaling_window",
        "scale_down_delay", "target_utilization_percentage",
    )  # fmt: skip
    return {**outputs(), "autoscaling": dict.fromkeys(numbers, 1), **changed}


def test_outputs_are_those_that_the_docs_promise() -> None:
    assert outputs_problem(outputs()) is None
    assert outputs_problem(outputs(environments={"staging": environment()})) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"wake_url": None}, "outputs: reranker.wake_url: input should be a valid string"),
        ({"limits": {}}, "outputs: reranker.limits.max_client_batch_size: field required"),
        ({"task": "chat"}, "outputs: it: input tag 'chat'"),
        ({"rerank_url": "http://x"}, f"outputs: rerank_url is http://x, not {ADDRESS}/sync/rerank"),
        (
            {"environments": {"staging": environment(rerank_url="http://x")}},
            f"outputs: environments.staging.rerank_url is http://x, not {ADDRESS}/sync/rerank",
        ),
        (
            {"environments": {"staging": environment(sync_url=None)}},
            "outputs: reranker.environments.staging.sync_url: input should be a valid string",
        ),
    ],
)
def test_outputs_that_are_not_are_told_in_a_line(changed: dict[str, Any], said: str) -> None:
    problem = outputs_problem(outputs(**changed))
    assert problem is not None
    assert problem.startswith(said)


# --- both sides

INFO = {
    "model_id": "/models/a/b", "model_type": {"embedding": {"pooling": "cls"}},
    "model_dtype": "float16",
}  # fmt: skip
SCORED = {"model_id": "/models/a/b", "model_type": {"reranker": {}}, "model_dtype": "float16"}


def vectors(*firsts: float) -> dict[str, tuple[float, ...]]:
    return {text: (first, 1.0) for text, first in zip(TEXTS, firsts, strict=False)}


EMBEDDING = ModelAnswers("embedding", "d1", vectors(0.1, 0.9), INFO, (1.0, 3.0, 2.0))
MEAN = {**INFO, "model_type": {"embedding": {"pooling": "mean"}}}
RERANKER = ModelAnswers("reranker", "d1", {TEXTS[0]: 0.9, TEXTS[1]: 0.1}, SCORED, (1.0,))
CLASSIFIER = ModelAnswers(
    "classifier",
    "d1",
    {TEXTS[0]: {"joy": 0.9, "love": 0.1}},
    {**SCORED, "model_type": {"classifier": {}}},
)


def test_the_same_answers_are_the_same_space() -> None:
    assert compare_spaces("bge", EMBEDDING, EMBEDDING).shown == "equal (cosine 1.000000)"
    assert not compare_spaces("bge", EMBEDDING, EMBEDDING).is_moved
    assert compare_spaces("r", RERANKER, RERANKER).shown == "equal (scores within 0.0000)"
    assert compare_spaces("c", CLASSIFIER, CLASSIFIER).shown == "equal (scores within 0.0000)"


@pytest.mark.parametrize(
    ("before", "after", "shown", "said"),
    [
        (EMBEDDING, replace(EMBEDDING, answers=vectors(0.9, 0.1)), "moved (cosine 0.81)", "cosine 0.81 of"),
        (EMBEDDING, replace(EMBEDDING, info=MEAN), "moved (cosine 1.000000)", "pooling mean, not cls"),
        (
            EMBEDDING,
            replace(EMBEDDING, answers={TEXTS[0]: (1.0, 1.0, 1.0)}),
            "moved (2 to 3 dimensions)",
            "vectors of 3 dimensions, not 2",
        ),
        (EMBEDDING, RERANKER, "moved (another task)", "it was a embedding and is a reranker"),
        (
            RERANKER,
            replace(RERANKER, answers={TEXTS[0]: 0.4}),
            "moved (scores within 0.5000)",
            "score 0.4000 of",
        ),
        (
            CLASSIFIER,
            replace(CLASSIFIER, answers={TEXTS[0]: {"joy": 0.9, "fear": 0.1}}),
            "moved (other labels)",
            "labels changed: -love, +fear",
        ),
    ],
)  # fmt: skip
def test_other_answers_are_another_space(
    before: ModelAnswers, after: ModelAnswers, shown: str, said: str
) -> None:
    found = compare_spaces("m", before, after)
    assert found.shown == shown
    assert found.problems[0].startswith(said)


def test_without_answers_nothing_is_said_of_the_space() -> None:
    silent = replace(EMBEDDING, answers={}, problems=("does not answer",))
    assert compare_spaces("bge", EMBEDDING, silent).shown == "unknown (no answers)"
    assert not compare_spaces("bge", EMBEDDING, silent).is_moved


def test_rows_say_what_was_pushed_and_what_is_new_or_gone() -> None:
    pushed = replace(EMBEDDING, digest="d2", milliseconds=(5.0,))
    before = {"a": EMBEDDING, "b": RERANKER, "old": CLASSIFIER}
    found = compare_models(before, {"a": pushed, "b": RERANKER, "c": CLASSIFIER}, ())
    assert [(row.model, row.pushed, row.answers) for row in found.rows] == [
        ("a", "yes", "ok"),
        ("b", "no", "ok"),
        ("c", "new", "ok"),
        ("old", "removed", ""),
    ]
    first = found.rows[0]
    assert (first.dimensions, first.milliseconds_before, first.milliseconds) == (2, 2.0, 5.0)
    assert (found.problems, found.warnings) == ((), ())


def test_a_moved_space_is_a_warning_unless_it_is_wanted_and_never_a_failure() -> None:
    moved = {"bge": replace(EMBEDDING, info=MEAN)}
    [warning] = compare_models({"bge": EMBEDDING}, moved, ()).warnings
    assert warning == (
        "model 'bge': moved the embedding space: pooling mean, not cls: if that is wanted write "
        "new_space: true, and do again what was indexed or tuned with it"
    )
    wanted = compare_models({"bge": EMBEDDING}, moved, {"bge"})
    assert (wanted.warnings, wanted.problems) == ((), ())
    assert wanted.rows[0].space.startswith("moved")


def test_texts_that_are_no_longer_taken_are_a_warning() -> None:
    now = replace(EMBEDDING, answers={TEXTS[0]: (0.1, 1.0)})
    [warning] = compare_models({"bge": EMBEDDING}, {"bge": now}, ()).warnings
    assert "refuses 1 of the texts that it took before" in warning


def test_a_wrong_answer_fails_the_rehearsal_in_the_models_name() -> None:
    found = compare_models({}, {"bge": replace(EMBEDDING, problems=("answers nonsense",))}, ())
    assert found.rows[0].answers == "failed"
    assert found.problems == ("model 'bge': answers nonsense",)
    assert not report(found).passed


# --- what pulumi said

SAID = """\
 +  baseten:index:Environment search-production creating (0s) error: 1 error occurred:
Diagnostics:
  baseten-tei:index:Reranker (same):
    warning: model 'same': TEI-SEC-011 revision 'main' can move
  baseten:index:Environment (search-production):
    error: 1 error occurred:
    \t* model 'search': deployment d1 ended as DEPLOY_FAILED: mend it. Its last log lines:
      Loading the model
      error: this is the router's own word
  pulumi:pulumi:Stack (baseten-tei-prod):
    error: update failed
  baseten:index:Model (other-model):
    error: model 'other': somebody else's
Outputs:
  - env: {
    error: no diagnostic
"""


def test_errors_are_told_once_with_their_lines_and_without_pulumis_own_words() -> None:
    assert find_errors(SAID.splitlines()) == (
        "model 'search': deployment d1 ended as DEPLOY_FAILED: mend it. Its last log lines:\n"
        "  Loading the model\n  error: this is the router's own word",
        "model 'other': somebody else's",
    )


def test_without_diagnostics_the_last_lines_are_told() -> None:
    assert find_errors([*map(str, range(20)), "error: no such plugin"])[-2:] == (
        "19",
        "error: no such plugin",
    )


def test_a_stack_that_does_not_come_up_says_whose_fault_it_is() -> None:
    tasks = {"search": "embedding", "same": "reranker"}
    found = report_failure(tasks, {"old": CLASSIFIER}, SAID.splitlines())
    assert [(row.model, row.pushed, row.answers) for row in found.rows] == [
        ("search", "unknown", "failed"),
        ("same", "unknown", "not called"),
        ("old", "removed", ""),
    ]
    assert len(found.problems) == 2


# --- the report


def report(found: RehearsalResult) -> RehearsalReport:
    return RehearsalReport(
        "prod", "0123456789abcdef", found.rows, found.problems, found.warnings, ("a note",),
        {"up": 1.25},
    )  # fmt: skip


def test_a_report_reads_as_a_table_with_its_seconds_notes_warnings_and_failures() -> None:
    broken = replace(RERANKER, problems=("answers nonsense",))
    before = {"bge": EMBEDDING, "r": RERANKER}
    found = compare_models(
        before, {"bge": replace(EMBEDDING, digest="d2", info=MEAN), "r": broken}, ()
    )
    assert render_text(report(found)).splitlines() == [
        "== stack prod, rehearsed on an emulator, compared with 0123456789ab",
        "model  task       pushed  answers  dims  space                         emulator's ms",
        "bge    embedding  yes     ok       2     moved (cosine 1.000000)       2.0 -> 2.0",
        "r      reranker   no      failed         equal (scores within 0.0000)  1.0 -> 1.0",
        "seconds: up 1.2",
        "note: a note",
        "warning: model 'bge': moved the embedding space: pooling mean, not cls: if that is wanted "
        "write new_space: true, and do again what was indexed or tuned with it",
        "failed: model 'r': answers nonsense",
    ]


def test_a_report_is_json_that_holds_all_of_it() -> None:
    told = json.loads(json.dumps(report(compare_models({}, {"bge": EMBEDDING}, ())).as_json()))
    assert told["passed"] is True
    assert told["rows"][0]["space"] == "new"
    assert told["seconds"] == {"up": 1.25}


# --- a program that registers its models


FOREIGN = (
    Resource("urn:pulumi:dev::own::my:app:Search::mine", custom=False),
    Resource("urn:pulumi:dev::own::aws:s3/bucket:Bucket::b", custom=True),
)


def test_a_rehearsal_makes_nothing_but_models() -> None:
    """By patterns: a URN that the other side does not have would be refused."""
    options = target_options(FOREIGN)
    assert set(options[::2]) == {"--target"}
    assert options[1::2] == (*OURS, "**::my:app:Search::mine")
    assert left_out_lines(FOREIGN) == [
        "aws:s3/bucket:Bucket 'b' is left out: a rehearsal makes models only"
    ]


def test_a_program_of_models_alone_is_brought_up_whole() -> None:
    assert target_options(FOREIGN[:1]) == ()
    assert left_out_lines(FOREIGN[:1]) == []


def test_the_models_beside_another_are_unprotected_in_the_copy_too() -> None:
    spec = {
        "task": "embedding",
        "model_id": "a/b",
        "next": {"protect": True},
        "previous": {"edition": 2, "protect": False},
    }
    copied = copy_stack({MODELS: {"bge": spec}}, ADDRESS).config[MODELS]["bge"]
    assert (copied["next"], copied["previous"]) == ({}, {"edition": 2})


def test_a_rehearsed_spec_has_no_pin_and_no_protection() -> None:
    pinned = EmbeddingArgs(
        model_id="a/b", deployment="d1", protect=True,
        environments={"canary": EnvironmentArgs(deployment="d2", request_backpressure="QUEUE_ON_FULL")},
    )  # fmt: skip
    plain = EmbeddingArgs(
        model_id="a/b",
        environments={"canary": EnvironmentArgs(request_backpressure="QUEUE_ON_FULL")},
    )
    assert without_pins(pinned) == plain


def test_what_components_report_are_the_models_outputs(tmp_path: Path) -> None:
    file = tmp_path / "outputs"
    assert read_outputs(file) == {}
    append_line(str(file), json.dumps({"bge": {"model_id": "m1", "task": "embedding"}}))
    assert read_outputs(file)["bge"]["baseten_id"] == "m1"


def test_a_pin_of_a_model_that_stands_beside_another_is_told_as_left_out() -> None:
    bge = {
        "next": {"deployment": "d1"},
        "previous": {"environments": {"staging": {"deployment": "d2"}}},
    }
    copy = copy_stack({MODELS: {"bge": bge}}, ADDRESS)
    assert copy.left_out == (
        "model 'bge.next': deployment: d1 is left out: no such deployment is here",
        "model 'bge.previous': environments.staging.deployment: d2 is left out: no such deployment is here",
    )
