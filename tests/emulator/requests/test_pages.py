"""Web pages that the user looks at while the emulator runs: none of another origin reaches what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.control_client import KEY, Answer, Baseten, new_world, served

OWN = "127.0.0.1:8791"
PAGES = {
    "a page of another site": {"Origin": "https://evil.example"},
    "a page of another program on this machine": {"Origin": "http://127.0.0.1:3000"},
    "the same on its own port, under another scheme": {"Origin": f"https://{OWN}"},
    "a page without an origin, a sandboxed frame or a file": {"Origin": "null"},
    "an image or a link of another site": {"Sec-Fetch-Site": "cross-site"},
    "a page of another port": {"Sec-Fetch-Site": "same-site"},
}
WRITES = (
    ("POST", "/_emulator/reset", None),
    ("POST", "/_emulator/clock", {"advance_seconds": 1}),
    ("POST", "/_emulator/faults", {"fault": "unavailable"}),
    ("POST", "/_emulator/hub", {"model_id": "a/b", "files": {}}),
    ("POST", "/_emulator/pace", {"seed": 1}),
    ("POST", "/_emulator/shutdown", None),
    ("DELETE", "/_emulator/calls", None),
    ("DELETE", "/_emulator/faults", None),
    ("POST", "/v1/secrets", {"name": "k", "value": "v"}),
    ("POST", "/graphql/", {"query": "{ models { id } }"}),
)


@pytest.fixture
def remote() -> Iterator[Baseten]:
    world = new_world()
    with served(world) as send:
        yield Baseten(world, send)


def ask(baseten: Baseten, write: tuple[str, str, Any], **headers: str) -> Answer:
    return baseten.call(*write, **{"Host": OWN, **headers})


@pytest.mark.parametrize("headers", PAGES.values(), ids=list(PAGES))
@pytest.mark.parametrize("write", WRITES, ids=[f"{method} {path}" for method, path, _ in WRITES])
def test_a_page_of_another_origin_changes_nothing(
    local: Baseten, write: tuple[str, str, Any], headers: dict[str, str]
) -> None:
    assert ask(local, write, **headers).status == 403
    assert local.get("/v1/secrets")["secrets"] == []
    assert local.get("/_emulator/faults")["faults"] == []


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8791", "127.0.0.1.evil.example", ""]
)
@pytest.mark.parametrize("write", WRITES, ids=[f"{method} {path}" for method, path, _ in WRITES])
def test_a_page_whose_name_points_at_this_machine_changes_nothing(
    remote: Baseten, write: tuple[str, str, Any], host: str
) -> None:
    assert ask(remote, write, Host=host).status == 404
    assert remote.get("/v1/secrets")["secrets"] == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_a_page_may_send_unasked_is_no_body_for_the_controls(
    local: Baseten, kind: str
) -> None:
    for path in ("clock", "faults", "hub", "pace", "deeds"):
        answer = local.call(
            "POST", f"/_emulator/{path}", {"advance_seconds": 1}, **{"Content-Type": kind}
        )
        assert (answer.status, answer.json["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert "send the header Content-Type: application/json" in answer.json["message"]


@pytest.mark.parametrize("host", [OWN, "localhost:8791", "[::1]:8791", "api.localhost:8791"])
def test_the_machines_own_programs_come_in_under_each_of_its_names(
    baseten: Baseten, host: str
) -> None:
    assert baseten.call("POST", "/_emulator/faults", {"fault": "conflict"}, Host=host).status == 200
    same = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert baseten.call("DELETE", "/_emulator/faults", **same).status == 200
    typed_in_a_browser = {"Host": host, "Sec-Fetch-Site": "none"}
    assert baseten.call("GET", "/_emulator/health", **typed_in_a_browser).status == 200


def test_a_control_without_a_body_needs_no_content_type(baseten: Baseten) -> None:
    """`curl -X POST` and the SDK's DELETE send none."""
    answer = baseten.send("POST", "/_emulator/reset", {}, b"")
    assert answer.status == 200


def test_a_page_gets_the_key_refused_before_it_is_told_anything_of_a_model(local: Baseten) -> None:
    """Calling a model is for pages too, once they have the key: the preflight of a browser has none."""
    model_id, _ = local.deployed()
    path = f"/hosts/model-{model_id}/production/predict"
    page = {"Origin": "https://app.example"}
    asked_first = local.call("OPTIONS", path, Authorization="", **page)
    assert asked_first.status == 401
    assert local.call("POST", path, {"input": "a"}, **page).status == 200


def test_a_refused_call_has_done_no_work(local: Baseten) -> None:
    model_id, deployment_id = local.pushed()
    local.advance(10)
    local.call("GET", "/v1/models", Authorization="Api-Key wrong")
    kept = local.world.store.get(_deployment_kind(), deployment_id)
    assert kept is not None
    assert kept.outcome is None  # it is due, and only a caller with the key plays it
    assert local.status((model_id, deployment_id)) == "ACTIVE"
    assert KEY not in str(local.calls())


def _deployment_kind() -> Any:
    from baseten_emulator.world.records import Deployment

    return Deployment
