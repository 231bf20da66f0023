"""Whatever a server answers, a call ends: with its result, or with an error in lines that a terminal shows as they are.

Good answers of the emulator and of the loopback Hub are made wrong, one at a time. A sample of them runs in
`make test`, 2,000 in `make faults`; BASETEN_TEI_MUTATIONS is another number, BASETEN_TEI_FUZZ_FIRST another beginning.
"""

import asyncio
import io
import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from huggingface_hub import constants

from baseten_emulator.world.wire import Request, Response
from baseten_tei.baseten.api import BasetenApi
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.hub_client import Hub, HubUnreachableError
from baseten_tei.facts.hub.lockfile import render_lock
from baseten_tei.facts.network.requests_client import Session
from baseten_tei.push.truss_cli import Answer, parse_answer
from baseten_tei.review.forges.forge_client import ForgeClient
from baseten_tei.review.forges.github_client import GitHub
from baseten_tei.review.forges.gitlab_client import GitLab
from baseten_tei.review.usage.usage_client import read_measured
from baseten_tei.spec.args import EmbeddingArgs
from baseten_tei_client import TeiClientError, aconnect
from baseten_tei_client._router import session
from baseten_tei_client._router.transport import Reply, SilenceError, decode_json
from baseten_tei_client._router.transport import Request as ClientRequest
from baseten_tei_client._router.wire import encode_body
from tests.client.stack import LIMITS
from tests.faults.fuzz_world import KEY, NAME, Fuzzed, open_fuzz_world
from tests.faults.mutations import mutate
from tests.hub.loopback import LoopbackHub, serving
from tests.hub.repositories import KINDS
from tests.support.sampling import ALL

COUNT = int(os.environ.get("BASETEN_TEI_MUTATIONS", "2000" if ALL else "40"))
FIRST = int(os.environ.get("BASETEN_TEI_FUZZ_FIRST", "0"))
SPEC = {"model_id": "google/embeddinggemma-300m", "gated": True, "deploy_timeout_minutes": 10}
LONGEST = 500
"""Characters of a line."""
OURS = (UserError, HubUnreachableError, TeiClientError)
TRUSS = b'{"model_id": "m1", "model_version_id": "d1", "predict_url": "https://x/d1/predict", "is_draft": false}'


def of(share: int) -> Any:
    """Seeds: one of so many parts of all."""
    return pytest.mark.parametrize("seed", range(FIRST, FIRST + max(1, COUNT // share)))


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # a sequence to repeat, not a secret


def ends_well(act: Callable[[], object]) -> None:
    """Nothing but a result or one of our errors comes out, in lines that can be shown."""
    try:
        act()
    except OURS as error:
        for line in str(error).split("\n"):
            assert len(line) <= LONGEST, line
            assert line.isprintable(), line
            assert KEY not in line


class Once:
    """Makes the answers of one address wrong, of the n-th that is asked."""

    def __init__(self, dice: random.Random, nth: int) -> None:
        self._dice, self._nth, self._paths = dice, nth, list[str]()

    def __call__(self, request: Request, answer: Response) -> Response:
        if not request.path.startswith(("/v1/", "/hosts/")) or answer.hang_up:
            return answer  # the pushes of this world are a stand-in's for truss
        if request.path not in self._paths:
            self._paths.append(request.path)
        wrong = self._paths.index(request.path) == self._nth
        return mutate(answer, self._dice) if wrong else answer


@of(2)
def test_a_wrong_answer_to_the_provider_or_a_push_is_told_in_lines(seed: int) -> None:
    dice = dice_of(seed)
    with open_fuzz_world() as fuzz:
        act, addresses = dice.choice(ACTS)
        if act is not first_up:
            first_up(fuzz)
        fuzz.wire.changed = Once(dice, dice.randrange(addresses))
        ends_well(lambda: act(fuzz))


def first_up(fuzz: Fuzzed, **changes: Any) -> None:
    fuzz.driver.up(fuzz.program(EmbeddingArgs.model_validate({**SPEC, **changes})))


def update(fuzz: Fuzzed) -> None:
    settings = {"max_batch_tokens": 8192, "autoscaling": {"max_replica": 2}}
    first_up(fuzz, **settings, environments={"staging": {}})


def refresh(fuzz: Fuzzed) -> None:
    fuzz.driver.refresh()


def destroy(fuzz: Fuzzed) -> None:
    fuzz.driver.up([])


def measure(fuzz: Fuzzed) -> None:
    """What `pr report --measured` asks. Nothing is measured that is not a number of replicas."""
    state = fuzz.driver.entries[f"{NAME}-production"].state
    fuzz.clock.advance(2 * 24 * 3600)
    now = datetime.fromtimestamp(fuzz.clock.now(), UTC)
    api = BasetenApi(fuzz.target, lambda: KEY, fuzz.clock.pause, lambda: 0.5)
    for found in read_measured(api, {state["model_id"]: {"production"}}, now).values():
        assert 0 <= found.replicas < 100_000
    for price in api.prices().values():
        assert 0 <= price < float("inf")


ACTS: tuple[tuple[Callable[[Fuzzed], None], int], ...] = (
    (first_up, 8), (update, 10), (refresh, 3), (destroy, 6), (measure, 4),
)  # fmt: skip
"""What is done, and about how many addresses it asks."""


class WrongHub(LoopbackHub):
    """Answers one call wrong, the n-th."""

    def __init__(self, dice: random.Random, nth: int) -> None:
        super().__init__(KINDS)
        self.dice, self.left = dice, nth

    def answer(self, path: str, headers: Any) -> Any:
        status, sent, body = super().answer(path, headers)
        self.left -= 1
        if self.left != 0:
            return status, sent, body
        wrong = mutate(Response(status, body, sent.get("content-type", "")), self.dice)
        kept = {**sent, **{name.lower(): value for name, value in wrong.headers}}
        kept["content-type"] = wrong.content_type
        return wrong.status, kept, wrong.body


@of(5)
def test_a_wrong_answer_of_the_hub_is_told_in_lines(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = dice_of(seed)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("no_proxy", "*")
    model = dice.choice(sorted(KINDS))
    with serving(WrongHub(dice, dice.randrange(1, 9))) as hub:
        ends_well(lambda: lock(hub.address, model))


def lock(address: str, model: str) -> None:
    facts = read_facts(Hub(address).read(model, "main", "2026-11-30"))
    render_lock([facts])


@of(10)
def test_a_wrong_answer_of_truss_is_told_in_a_line(seed: int) -> None:
    wrong = mutate(Response(200, TRUSS), dice_of(seed)).body.decode("utf-8", "replace")
    ends_well(lambda: parse_answer(Answer(0, wrong, wrong)))
    ends_well(lambda: parse_answer(Answer(1, wrong, wrong)))


FORGES: dict[str, Any] = {
    "/pulls": [{"number": 7, "head": {"sha": "a1", "repo": {"full_name": "o/r"}}}],
    "/commits/a1/pulls": [
        {"number": 7, "merged_at": "2026", "base": {"ref": "main"}, "merge_commit_sha": "a1"}
    ],
    "/issues/7/comments": [{"id": 1, "user": {"login": "me"}, "body": "text"}],
    "/actions/artifacts": {
        "artifacts": [
            {
                "expired": False, "created_at": "2026", "archive_download_url": "/actions/artifacts/1/zip",
                "workflow_run": {"repository_id": 1, "head_repository_id": 1, "head_branch": "main"},
            }
        ]
    },
    "/user": {"username": "me"},
    "/repository/commits/a1/merge_requests": [
        {"state": "merged", "target_branch": "main", "iid": 7, "merge_commit_sha": "a1", "sha": "a1",
         "squash_commit_sha": None}
    ],
    "/merge_requests/7/notes": [{"id": 1, "system": False, "author": {"username": "me"}, "body": "x"}],
}  # fmt: skip
"""What GitHub and GitLab answer below a repository's, or a project's, path."""
EVENT = {
    "workflow_run": {
        "event": "pull_request", "head_sha": "a1", "head_branch": "b",
        "head_repository": {"full_name": "o/r", "owner": {"login": "o"}},
    },
    "repository": {"default_branch": "main"},
}  # fmt: skip


@of(10)
def test_a_wrong_answer_of_a_forge_is_told_in_a_line(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = dice_of(seed)

    def answered(_: object, method: str, url: str, **__: Any) -> requests.Response:
        good = next((it for path, it in FORGES.items() if url.endswith(path)), b"no zip")
        body = good if isinstance(good, bytes) else json.dumps(good).encode()
        wrong = mutate(Response(200, body), dice)
        answer = requests.Response()
        answer.status_code, answer.raw = wrong.status, io.BytesIO(wrong.body)
        answer.headers.update(dict(wrong.headers))
        answer.request = requests.Request(method, url).prepare()
        return answer

    monkeypatch.setattr(Session, "request", answered)
    calls = ForgeClient("http://127.0.0.1:9", KEY, {}, lambda _: None)
    variables = {"CI_PROJECT_ID": "1", "CI_DEFAULT_BRANCH": "main"}
    github, gitlab = GitHub(calls, "o/r", EVENT, "me"), GitLab(calls, variables, None)
    for forge in (github, gitlab):
        ends_well(lambda forge=forge: forge.find_merged("a1"))
        ends_well(lambda forge=forge: forge.list_comments(7))
        ends_well(lambda forge=forge: forge.fetch_snapshot("dev"))
    ends_well(github.find_pull_request)
    ends_well(gitlab.author)


class InstantClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class InProcess:
    """The client's transport, straight into the emulator."""

    def __init__(self, fuzz: Fuzzed) -> None:
        self._fuzz = fuzz

    async def send(self, request: ClientRequest, _timeout_seconds: float) -> Reply:
        body = b"" if request.body is None else encode_body(request.body)
        path = request.url.removeprefix(self._fuzz.target.management_url)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        method = "GET" if request.body is None else "POST"
        answer = self._fuzz.wire.handle(Request.of(method, path, headers, body))
        if answer.hang_up:
            raise SilenceError("hung up")
        found = {name.lower(): value for name, value in answer.headers}
        return Reply(answer.status, decode_json(answer.body), found)

    async def close(self) -> None: ...


@of(5)
def test_a_wrong_answer_to_the_client_is_a_typed_exception_of_one_line(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = dice_of(seed)
    with open_fuzz_world() as fuzz:
        first_up(fuzz)
        monkeypatch.setattr(session, "Clock", InstantClock)
        monkeypatch.setattr(session, "make_transport", lambda *_: InProcess(fuzz))
        fuzz.wire.changed = Once(dice, dice.randrange(4))
        ends_well(lambda: asyncio.run(embed(fuzz)))


async def embed(fuzz: Fuzzed) -> None:
    state = fuzz.driver.entries[f"{NAME}-production"].state
    host = fuzz.target.model_url.format(model_id=state["model_id"])
    serving = f"{host}/environments/production"
    outputs = {
        "task": "embedding",
        "sync_url": f"{serving}/sync",
        "wake_url": f"{serving}/wake",
        "limits": LIMITS,
    }
    async with await aconnect(NAME, outputs=outputs, api_key=KEY) as model:
        await model.embed(["one", "a longer text " * 300, "three"], timeout=30)
