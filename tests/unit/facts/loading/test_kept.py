"""What a lock keeps of a repository is enough to judge it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.kept import is_read, keep_members
from baseten_tei.facts.tei.loading.load import load_repository
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles
from tests.support.tei.models import GOOD_MODELS
from tests.unit.facts.loading.test_serde import JSON

MORE = {"transformers_version": "5.24.0", "architectures_of_others": [1]}


@given(
    st.sampled_from(sorted(GOOD_MODELS)),
    st.sampled_from(["config.json", "1_Pooling/config.json"]),
    JSON,
)
def test_a_file_is_judged_the_same_without_what_tei_does_not_read(
    name: str, file: str, value: Any
) -> None:
    files = GOOD_MODELS[name].files()
    files[file] = files[file] | MORE if file in files and not isinstance(value, dict) else value
    kept = {file: keep_members(file, content) for file, content in files.items()}
    for release in ("1.8.3", "1.9.3", "1.9.4"):
        whole = load_repository(RepositoryFiles(files), release, Hardware(89, 89))
        assert load_repository(RepositoryFiles(kept), release, Hardware(89, 89)) == whole


def test_members_of_libraries_are_not_kept() -> None:
    config = GOOD_MODELS["bert"].files()["config.json"]
    assert keep_members("config.json", config | MORE) == keep_members("config.json", config)
    assert "hidden_size" in keep_members("config.json", config)
    assert keep_members(
        "sentence_bert_config.json", {"max_seq_length": 1, "do_lower_case": True}
    ) == {"max_seq_length": 1}


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("config.json", True), ("2_Dense/config.json", True), ("sentence_xlnet_config.json", True),
        ("tokenizer_config.json", True), ("generation_config.json", False), ("onnx/a/config.json", False),
    ],
)  # fmt: skip
def test_only_some_files_are_read(name: str, reads: bool) -> None:
    assert is_read(name) == reads
