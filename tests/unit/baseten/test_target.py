"""Where Baseten is, where models are called, and which key goes there."""

import pytest

from baseten_tei.baseten.endpoints import deployment_url, endpoint_templates
from baseten_tei.baseten.target import check_emulator, find_api_key, parse_target
from baseten_tei.errors import UserError

REAL_KEY = {"BASETEN_API_KEY": "the-real-key"}


@pytest.mark.parametrize("value", [None, "", "baseten"])
def test_the_real_service_is_the_default(value: str | None) -> None:
    target = parse_target(value)
    assert target.management_url == "https://api.baseten.co"
    assert target.remote_url == "https://app.baseten.co"
    assert target.model_url == "https://model-{model_id}.api.baseten.co"
    assert not target.embedded


def test_the_embedded_emulator_never_gets_a_real_key() -> None:
    target = parse_target("emulator")
    assert target.embedded
    assert target.management_url == "http://127.0.0.1:8791"
    assert find_api_key(target, REAL_KEY) == "emulator"


def test_another_emulator_on_this_machine_gets_the_key_from_the_environment() -> None:
    target = parse_target("http://localhost:9000")
    assert not target.embedded
    assert target.model_url == "http://localhost:9000/hosts/model-{model_id}"
    assert find_api_key(target, REAL_KEY) == "the-real-key"


@pytest.mark.parametrize(
    "key", ["two words", "two\nlines", "\u201cquoted\u201d", "k\x00y", "t\tab"]
)
def test_a_key_that_no_header_can_carry_is_named_and_not_shown(key: str) -> None:
    with pytest.raises(UserError, match="has a space, a line break") as caught:
        find_api_key(parse_target("baseten"), {"BASETEN_API_KEY": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize("key", [{}, {"BASETEN_API_KEY": ""}, {"BASETEN_API_KEY": " \n"}])
def test_a_missing_key_is_told_with_what_to_type(key: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"type export BASETEN_API_KEY=<your key>$"):
        find_api_key(parse_target("baseten"), key)


def test_a_key_copied_with_its_line_break_still_works() -> None:
    assert find_api_key(parse_target("baseten"), {"BASETEN_API_KEY": " key\n"}) == "key"


@pytest.mark.parametrize(
    "value",
    [
        "Baseten",
        "https://api.baseten.co",
        "http://10.0.0.7:8000",
        "http://127.0.0.1",
        "http://127.0.0.1:8000/x",
        "http://127.0.0.1:8000\n",
        "http://127.0.0.1.evil.example:80",
        "http://user@127.0.0.1:80",
    ],
)
def test_no_other_machine_can_be_a_target(value: str) -> None:
    with pytest.raises(UserError, match="neither Baseten nor an emulator on this machine"):
        parse_target(value)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "80 80", "²"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(UserError, match=r"BASETEN_EMULATOR_PORT .* is not a port"):
        parse_target("emulator", port)


def test_the_emulators_port_can_be_moved() -> None:
    assert parse_target("emulator", "18000").remote_url == "http://127.0.0.1:18000"


@pytest.mark.parametrize(
    ("task", "own"),
    [
        (
            "embedding",
            {
                "openai_base_url": "environments/staging/sync/v1",
                "embeddings_url": "environments/staging/sync/v1/embeddings",
            },
        ),
        ("reranker", {"rerank_url": "environments/staging/sync/rerank"}),
        ("classifier", {"classify_url": "environments/staging/sync/predict"}),
    ],
)
def test_each_task_gets_its_own_urls(task: str, own: dict[str, str]) -> None:
    host = "https://model-{model_id}.api.baseten.co"
    assert endpoint_templates(parse_target(None), "staging", task) == {
        "predict_url": f"{host}/environments/staging/predict",
        "development_predict_url": f"{host}/development/predict",
        "sync_url": f"{host}/environments/staging/sync",
        "wake_url": f"{host}/environments/staging/wake",
        **{name: f"{host}/{route}" for name, route in own.items()},
    }


def test_a_version_is_called_below_its_model() -> None:
    url = deployment_url(parse_target("http://127.0.0.1:80"), "abc", "xyz")
    assert url == "http://127.0.0.1:80/hosts/model-abc/deployment/xyz"


THERE = "http://127.0.0.1:18809/hosts/model-abc/environments/production/predict"


def test_a_stack_on_the_emulator_of_another_port_is_refused_with_what_to_run() -> None:
    with pytest.raises(UserError) as caught:
        check_emulator(parse_target("emulator"), "dev", ["https://elsewhere", THERE])
    assert str(caught.value) == (
        "stack 'dev' was brought up on the emulator at http://127.0.0.1:18809, and this shell's is at "
        "http://127.0.0.1:8791: run export BASETEN_EMULATOR_PORT=18809"
    )


@pytest.mark.parametrize(
    ("target", "port"), [("emulator", "18809"), ("baseten", None), ("http://127.0.0.1:9", None)]
)
def test_the_emulator_that_a_stack_is_on_is_taken_and_so_is_any_other_target(
    target: str, port: str | None
) -> None:
    check_emulator(parse_target(target, port), "dev", [THERE])
