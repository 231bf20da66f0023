"""Golden files: written the same way each time, read strictly, found by path and digest."""

import json
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.errors import UserError
from baseten_tei.project.golden_files import digest_of, golden_content, golden_input, project_root
from baseten_tei.provider.release.golden.file import (
    Tolerances,
    decode_vector,
    encode_vector,
    parse_golden,
    render_golden,
)
from tests.support.goldens_of import EAST, NORTH, make_golden

THREE = [
    make_golden("embedding", NORTH, EAST),
    make_golden("reranker", 0.25, 0.5),
    make_golden("classifier", {"joy": 0.75, "anger": 0.25}),
]


def fields(**more: Any) -> dict[str, Any]:
    return json.loads(render_golden(THREE[0])) | more


def problem(content: str | dict[str, Any]) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(UserError) as caught:
        parse_golden(text.encode())
    (line,) = caught.value.problems
    return line


@pytest.mark.parametrize("it", THREE)
def test_what_is_written_is_read_again_and_written_the_same(it: Any) -> None:
    text = render_golden(it)
    assert parse_golden(text.encode()) == it
    assert render_golden(parse_golden(text.encode())) == text


def test_vectors_are_written_in_openais_own_encoding() -> None:
    assert encode_vector((1.0, -2.5)) == "AACAPwAAIMA="
    assert decode_vector("AACAPwAAIMA=") == (1.0, -2.5)


def test_values_are_what_each_text_got() -> None:
    assert THREE[0].values() == (NORTH, EAST)
    assert THREE[1].values() == (0.25, 0.5)
    assert THREE[2].values() == ({"anger": 0.25, "joy": 0.75},)


def test_a_file_shows_the_tolerances_of_its_task_alone() -> None:
    shown = [json.loads(render_golden(it))["tolerances"] for it in THREE]
    defaults = Tolerances()
    assert shown[0] == {"min_cosine": defaults.min_cosine, "rank_margin": defaults.rank_margin}
    assert shown[1] == shown[2] == {"max_score_difference": defaults.max_score_difference}


def test_tolerances_set_by_hand_are_read_and_those_left_out_have_their_defaults() -> None:
    text = json.dumps(fields(tolerances={"min_cosine": 0.98}))
    assert parse_golden(text.encode()).tolerances == Tolerances(min_cosine=0.98)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "it: Invalid JSON"),
        ("[]", "it: "),
        (fields(tolerances={"min_cosine": 1.5}), "tolerances.min_cosine: "),
        (fields(tolerances={"min_cosin": 0.9}), "tolerances.min_cosin: "),
        (fields(answers=[]), "answers: "),
        (fields(answers=[{"text": "a", "score": 0.5}]), "answers.0 has no embedding"),
        (fields(answers=[{"text": "a", "embedding": "AAA="}]), "answers.0.embedding is not base64 of"),
        (fields(answers=[{"text": "a", "embedding": "?"}]), "answers.0.embedding is not base64 of"),
        (fields(answers=[{"text": "a", "embedding": ""}]), "answers.0.embedding is not base64 of"),
        (fields(answers=[{"text": "a", "embedding": encode_vector((0.0,))}]), "answers.0.embedding is not a usable"),
        (fields(answers=[{"text": "a", "embedding": encode_vector((float("nan"),))}]), "is not a usable vector"),
        (
            fields(answers=[{"text": t, "embedding": encode_vector((1.0,) * n)} for n, t in enumerate("ab", 1)]),
            "answers.embedding differ in length",
        ),
        (fields(task="reranker", answers=[{"text": "a", "score": 0.5}]), "query is missing"),
    ],
)  # fmt: skip
def test_a_spoilt_file_is_told_in_one_line_with_what_to_do(content: Any, told: str) -> None:
    line = problem(content)
    assert told in line
    assert line.endswith("fix it, or delete the file and run `baseten-tei golden`")


def test_a_model_without_a_file_has_no_golden_input(tmp_path: Path) -> None:
    assert golden_input(tmp_path, "dev", "bge") is None


def test_a_file_is_named_from_the_root_and_read_again_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "golden" / "dev").mkdir(parents=True)
    (tmp_path / "golden" / "dev" / "bge.json").write_bytes(b"{}")
    named = golden_input(tmp_path, "dev", "bge")
    assert named == {"path": "golden/dev/bge.json", "digest": digest_of(b"{}")}
    assert len(named["digest"]) == 16
    assert golden_content(tmp_path, named) == b"{}"


def test_a_file_that_changed_or_went_since_the_plan_is_told(tmp_path: Path) -> None:
    (tmp_path / "golden" / "dev").mkdir(parents=True)
    path = tmp_path / "golden" / "dev" / "bge.json"
    path.write_bytes(b"{}")
    named = golden_input(tmp_path, "dev", "bge")
    assert named is not None
    path.write_bytes(b"{ }")
    with pytest.raises(
        UserError, match=r"golden/dev/bge\.json is .* and was .* when this update was planned"
    ):
        golden_content(tmp_path, named)
    path.unlink()
    with pytest.raises(UserError, match=r"golden/dev/bge\.json is missing"):
        golden_content(tmp_path, named)


def test_the_project_is_the_first_folder_above_with_a_pulumi_yaml(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "infra"
    inner.mkdir(parents=True)
    with pytest.raises(UserError, match=r"no Pulumi\.yaml"):
        project_root(inner)
    (tmp_path / "project" / "Pulumi.yaml").touch()
    assert project_root(inner) == tmp_path / "project"
    assert project_root(inner.parent) == tmp_path / "project"
