import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.outputs.flat import flat_outputs
from baseten_tei_client import (
    OutputsError,
    PulumiStack,
    Space,
    SpaceMismatchError,
    TeiClientError,
    UnauthorizedError,
    UsageError,
    VectorCache,
    connect,
)
from baseten_tei_client._outputs import parse_outputs
from baseten_tei_client._sources import read_outputs

SPACE = {"model_id": "BAAI/bge-base-en-v1.5", "revision": "main", "dimensions": 768}
URL = "https://model-abc.api.baseten.co/environments/production"
SEARCH: dict[str, Any] = {
    "baseten_id": "abc", "deployment_id": "def", "task": "embedding", "environment": "production",
    "predict_url": f"{URL}/predict", "sync_url": f"{URL}/sync", "wake_url": f"{URL}/wake",
    "openai_base_url": f"{URL}/sync/v1", "embeddings_url": f"{URL}/sync/v1/embeddings",
    "limits": {"max_client_batch_size": 64}, "config_digest": "d1", "space": SPACE,
}  # fmt: skip
MOODS = {
    **{key: SEARCH[key] for key in ("baseten_id", "sync_url", "wake_url", "predict_url")},
    "task": "classifier", "classify_url": f"{URL}/sync/predict", "environment": "production",
    "labels": ["joy", "anger"], "multi_label": True, "limits": {"auto_truncate": False},
}  # fmt: skip
STACK = {"schema_version": 1, "models": {"search": SEARCH, "go-emotions": MOODS}}
KEY = "key-that-nobody-may-see"


def test_a_model_is_read_from_the_whole_from_its_models_and_from_itself() -> None:
    found = parse_outputs(STACK, "search")
    assert (found.task, found.sync_url, found.version) == ("embedding", f"{URL}/sync", "d1")
    assert found.space == Space.of(SPACE)
    assert parse_outputs(STACK["models"], "search") == found  # type: ignore[arg-type]
    assert parse_outputs(SEARCH, "search") == found
    earlier = {"model_id" if key == "baseten_id" else key: value for key, value in SEARCH.items()}
    assert parse_outputs(earlier, "search") == found
    assert found.baseten_id == "abc"
    moods = parse_outputs(STACK, "go-emotions")
    assert (moods.labels, moods.multi_label, moods.space) == (("joy", "anger"), True, None)


def test_a_stacks_flat_outputs_are_enough_as_environment_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in flat_outputs(STACK["models"]).items():  # type: ignore[arg-type]
        monkeypatch.setenv(name, str(value))
    assert connect("search", api_key=KEY).task == "embedding"
    assert parse_outputs(dict(os.environ), "go-emotions").limits == {"auto_truncate": False}
    assert parse_outputs(dict(os.environ), "search").limits == {"max_client_batch_size": 64}
    moods = connect("go-emotions", outputs="env", api_key=KEY)
    assert repr(moods) == f"<Model 'go-emotions': classifier at {URL}/sync>"
    with pytest.raises(OutputsError, match=r"no ELSE_SYNC_URL .* There are: GO_EMOTIONS, SEARCH"):
        connect("else", api_key=KEY)


STAGING = URL.replace("production", "staging")
STAGED: dict[str, Any] = {
    **SEARCH,
    "environments": {
        "production": {key: SEARCH[key] for key in ("sync_url", "wake_url", "limits", "space", "config_digest")},
        "staging": {
            "sync_url": f"{STAGING}/sync", "wake_url": f"{STAGING}/wake", "config_digest": "d2",
            "embeddings_url": f"{STAGING}/sync/v1/embeddings",
            "limits": {"max_client_batch_size": 16}, "space": {**SPACE, "dimensions": 384},
        },
    },
}  # fmt: skip


def test_an_environment_has_its_own_urls_limits_and_space() -> None:
    own = connect("search", outputs={"search": STAGED}, api_key=KEY)
    there = connect("search", environment="staging", outputs={"search": STAGED}, api_key=KEY)
    assert (own.environment, there.environment) == ("production", "staging")
    assert repr(there) == f"<Model 'search': embedding at {STAGING}/sync>"
    found = parse_outputs(STAGED, "search", "staging")
    assert (found.limits, found.version, found.baseten_id, found.task) == (
        {"max_client_batch_size": 16}, "d2", "abc", "embedding",
    )  # fmt: skip
    assert found.space == Space.of({**SPACE, "dimensions": 384})
    assert parse_outputs({"search": STAGED}, "search", "production") == parse_outputs(
        STAGED, "search"
    )


def test_the_space_of_an_environment_is_what_is_checked() -> None:
    given = {"outputs": {"search": STAGED}, "api_key": KEY, "environment": "staging"}
    connect("search", expect_space={**SPACE, "dimensions": 384}, **given)
    with pytest.raises(SpaceMismatchError, match="dimensions 768 -> 384"):
        connect("search", expect_space=SPACE, **given)


def test_an_environment_is_found_in_variables_too() -> None:
    flat = flat_outputs({"search": STAGED, "go-emotions": MOODS})
    found = parse_outputs(flat, "search", "staging")
    assert (found.sync_url, found.limits) == (f"{STAGING}/sync", {"max_client_batch_size": 16})
    assert parse_outputs(flat, "search", "production") == parse_outputs(flat, "search")
    renamed = {**STAGED, "environments": {"blue-2": STAGED["environments"]["staging"]}}
    there = parse_outputs(flat_outputs({"search": renamed}), "search", "blue-2")
    assert (there.environment, there.sync_url) == ("blue-2", f"{STAGING}/sync")
    with pytest.raises(OutputsError, match=r"no ELSE_SYNC_URL .* There are: GO_EMOTIONS, SEARCH$"):
        parse_outputs(flat, "else")


@pytest.mark.parametrize("flat", [False, True])
def test_an_environment_that_is_not_there_is_told_with_those_that_are(flat: bool) -> None:
    models = {"search": STAGED, "go-emotions": MOODS}
    outputs = flat_outputs(models) if flat else models
    with pytest.raises(
        OutputsError, match=r"no environment 'stagin'\. Perhaps you meant 'staging'\?"
    ):
        connect("search", environment="stagin", outputs=outputs, api_key=KEY)
    with pytest.raises(
        OutputsError, match=r"no environment 'blue'\. There are: production, staging"
    ):
        connect("search", environment="blue", outputs=outputs, api_key=KEY)
    with pytest.raises(
        OutputsError, match=r"but only production: add it .* run `pulumi up` with the newest"
    ):
        connect("go-emotions", environment="staging", outputs=outputs, api_key=KEY)


@pytest.mark.parametrize("odd", [[1], "staging", {"staging": 3}, {"staging": {"sync_url": 4}}])
def test_environments_of_a_wrong_shape_are_refused_in_one_line(odd: object) -> None:
    with pytest.raises(OutputsError) as caught:
        parse_outputs({**SEARCH, "environments": odd}, "search", "staging")
    assert "\n" not in str(caught.value)


def test_outputs_come_from_a_file_and_from_pulumi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(STACK))
    assert connect("search", outputs=str(path), api_key=KEY).space == Space.of(SPACE)
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/argv\ncat {path}\n')
    pulumi.chmod(pulumi.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    connect("search", outputs="pulumi", api_key=KEY)
    connect("search", outputs=PulumiStack("dev", tmp_path), api_key=KEY)
    argv = (tmp_path / "argv").read_text().strip()
    assert argv == f"stack output --json --non-interactive --stack dev --cwd {tmp_path}"
    pulumi.write_text("#!/bin/sh\necho 'error: no stack named dev' >&2\nexit 255\n")
    with pytest.raises(OutputsError, match="no stack named dev"):
        connect("search", outputs="pulumi", api_key=KEY)
    pulumi.write_text("#!/bin/sh\necho '{}'\n")
    with pytest.raises(OutputsError, match="pulumi up"):
        connect("search", outputs="pulumi", api_key=KEY)


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({**STACK, "schema_version": 2}, "schema_version 2"),
        ({"schema_version": 1, "models": {"serch": SEARCH}}, "Perhaps you meant 'serch'?"),
        ({"schema_version": 1, "models": {"bge": SEARCH}}, "There are: bge"),
        ({"schema_version": 1, "models": {}}, "They have no model"),
        ({"search": {**SEARCH, "task": "dancing"}}, "has no task, or no sync_url"),
        (
            {"search": {**SEARCH, "sync_url": "http://model.example.com/sync"}},
            "never sent unencrypted",
        ),
        ({"search": {**SEARCH, "wake_url": "ftp://localhost/wake"}}, "is not an https:// URL"),
        ({"search": {**SEARCH, "space": {"dimensions": 3}}}, "no model_id"),
        ("no-such-file.json", "no-such-file.json"),
    ],
)
def test_outputs_that_cannot_be_used_say_why_and_what_to_do(outputs: Any, words: str) -> None:
    with pytest.raises(OutputsError, match=words):
        connect("search", outputs=outputs, api_key=KEY)


def test_a_file_that_is_no_json_object_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    for content in ("{", "[]"):
        path.write_text(content)
        with pytest.raises(OutputsError, match=r"outputs\.json"):
            connect("search", outputs=path, api_key=KEY)


def test_a_key_is_needed_and_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BASETEN_API_KEY", raising=False)
    with pytest.raises(UnauthorizedError, match="BASETEN_API_KEY"):
        connect("search", outputs=STACK)
    with pytest.raises(UnauthorizedError, match="copy it again") as caught:
        connect("search", outputs=STACK, api_key=f"{KEY}\u200b")
    assert KEY not in str(caught.value)
    monkeypatch.setenv("BASETEN_API_KEY", KEY)
    model = connect("search", outputs=STACK)
    assert KEY not in f"{model!r} {model._model!r} {vars(model._model)}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": 0}, "timeout"), ({"replicas": 0}, "replicas"), ({"hedge_after": -1}, "hedge"),
        ({"too_long": "chop"}, "too_long"), ({"transport": "pigeon"}, "transport"),
        ({"auth_scheme": "Basic"}, "auth_scheme"), ({"probe_space": True}, "expect_space"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_is_refused_at_once(options: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        connect("search", outputs=STACK, api_key=KEY, **options)


def test_a_cache_wants_to_know_the_space() -> None:
    flat = flat_outputs({"search": SEARCH})
    with pytest.raises(UsageError, match="a cache needs the embedding space"):
        connect("search", outputs=flat, api_key=KEY, cache=VectorCache(9))
    with pytest.raises(UsageError, match="size of a cache must be a whole number from 1, not 0"):
        VectorCache(0)


def test_another_space_than_expected_is_refused_before_anything_is_sent() -> None:
    connect("search", outputs=STACK, api_key=KEY, expect_space=SPACE)
    with pytest.raises(
        SpaceMismatchError,
        match="uses a different embedding space than expected: dimensions 384 -> 768",
    ):
        connect("search", outputs=STACK, api_key=KEY, expect_space={**SPACE, "dimensions": 384})
    with pytest.raises(SpaceMismatchError, match="model_id 'intfloat/e5' -> "):
        connect(
            "search", outputs=STACK, api_key=KEY, expect_space={**SPACE, "model_id": "intfloat/e5"}
        )
    with pytest.raises(SpaceMismatchError, match="have no embedding space"):
        connect("go-emotions", outputs=STACK, api_key=KEY, expect_space=SPACE)


def test_all_errors_have_one_base() -> None:
    import baseten_tei_client as package

    errors = [it for name, it in vars(package).items() if name.endswith("Error")]
    assert len(errors) == 9
    assert all(issubclass(it, TeiClientError) for it in errors)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"space": "bge"}, "space is str, not a mapping"),
        ({"space": ["model_id"]}, "space is list, not a mapping"),
        (
            {"space": {"model_id": "a/b", "max_input_length": "512"}},
            "space.max_input_length cannot be '512'",
        ),
        (
            {"space": {"model_id": "a/b", "dimensions": float("nan")}},
            "space.dimensions cannot be nan",
        ),
        ({"limits": [1]}, "limits is list, not a mapping"),
        (
            {"limits": {"max_client_batch_size": "32"}},
            "limits.max_client_batch_size is not a number",
        ),
        ({"labels": "positive"}, "labels is not a list of texts"),
        ({"sync_url": "http://["}, "is not a URL"),
    ],
)
def test_outputs_of_a_wrong_shape_are_refused_in_one_line(changes: Any, said: str) -> None:
    good = {"task": "embedding", "sync_url": "https://x/sync"}
    with pytest.raises(OutputsError) as refusal:
        parse_outputs({"models": {"bge": {**good, **changes}}}, "bge")
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe", b"[]", b"", b"NaN"])
def test_a_file_that_is_not_outputs_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outputs.json"
    path.write_bytes(content)
    with pytest.raises(OutputsError, match=r"outputs\.json"):
        read_outputs(path)


def test_a_pipe_or_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OutputsError, match="is not a file"):
            read_outputs(path)
