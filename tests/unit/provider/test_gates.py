"""What a version has to show before it gets traffic, and what is told where it does not."""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from baseten_tei.baseten.patience import LONGEST_PAUSE_SECONDS, Patience
from baseten_tei.baseten.router_errors import (
    TROUBLE_SECONDS,
    ModelCallError,
    nonsense,
    refusal,
    silence,
)
from baseten_tei.baseten.target import parse_target
from baseten_tei.errors import UserError
from baseten_tei.facts.network.network_errors import NetworkError
from baseten_tei.outputs.spaces.fingerprint import fingerprint
from baseten_tei.outputs.spaces.probes import PROBES
from baseten_tei.provider.release.gates.gates import Asking, Gates, RefusedVersionError
from baseten_tei.provider.release.gates.smoke import TEXTS
from baseten_tei.provider.release.golden.file import GoldenFile, render_golden
from tests.support.fakes import Clock
from tests.support.goldens_of import EAST, NORTH, make_golden, turn

TARGET = parse_target("http://127.0.0.1:9")
URL = "http://127.0.0.1:9/hosts/model-m1/deployment/d1"
INFO = {
    "model_id": "/models/BAAI/bge-base-en-v1.5",
    "model_sha": None,
    "model_type": {"embedding": {"pooling": "cls"}},
    "model_dtype": "float16",
    "version": "1.8.3",
    "max_batch_requests": None,
    "max_input_length": 512,
    "max_client_batch_size": 32,
}
FINGERPRINT = fingerprint([(0.5, 0.5)] * len(PROBES))
EXPECTED = {
    "task": "embedding",
    "model_id": "BAAI/bge-base-en-v1.5",
    "tei_version": "1.8.3",
    "gpu": True,
}
INPUTS: dict[str, Any] = {"model": "bge", "expected": EXPECTED}
FILE = {"path": "golden/dev/bge.json", "digest": "0123456789abcdef"}
WITH_GOLDEN = {**INPUTS, "golden": FILE}


class Router:
    """Answers by text; an error in `first` comes before each first answer."""

    def __init__(self, *first: UserError, info: Mapping[str, Any] = INFO, **vectors: Any) -> None:
        self.first = list(first)
        self.info = info
        self.vectors = vectors
        self.asked: list[str] = []
        self.sizes: list[int] = []
        self.pair: tuple[float, float] | None = None
        """What texts of equal length get in one request, where that is another vector."""
        self.seconds: list[float] = []

    def info_of(self, url: str, seconds: float) -> Mapping[str, Any]:
        self._note(f"{url}/sync/info", seconds)
        return self.info

    def post(self, url: str, route: str, body: Mapping[str, Any], seconds: float) -> Any:
        self._note(f"{url}/sync{route}", seconds)
        texts = body["input"]
        self.sizes.append(len(texts))
        alike = len(texts) > 1 and len({*texts}) == 1
        usual = self.pair if alike and self.pair else (0.5, 0.5)
        vectors = [self.vectors.get(text, usual) for text in texts]
        for vector in vectors:
            if isinstance(vector, UserError):
                raise vector
        rows = [{"index": n, "embedding": list(it)} for n, it in enumerate(vectors)]
        return {"data": rows[::-1]}

    def _note(self, asked: str, seconds: float) -> None:
        self.asked.append(asked)
        self.seconds.append(seconds)
        if self.first:
            raise self.first.pop(0)


def check(
    router: Router,
    inputs: dict[str, Any] = INPUTS,
    file: GoldenFile | bytes | None = None,
    clock: Clock | None = None,
    told: list[str] | None = None,
    seconds: float = 1800.0,
    warned: list[str] | None = None,
) -> dict[str, Any]:
    clock = clock or Clock()
    patience = Patience(clock, clock.sleep, (told if told is not None else []).append)
    content = render_golden(file).encode() if isinstance(file, GoldenFile) else file

    def read(named: Mapping[str, str]) -> bytes:
        assert named == FILE
        if content is None:
            raise UserError(f"{named['path']} is missing")
        return content

    warn = (warned if warned is not None else []).append
    gates = Gates(TARGET, Asking(router.info_of, router.post, patience), read, warn)
    return gates.check(inputs, "m1", "d1", seconds)


def refused(*arguments: Any, **options: Any) -> str:
    with pytest.raises(RefusedVersionError) as caught:
        check(*arguments, **options)
    (line,) = caught.value.problems
    assert line.startswith("model 'bge': deployment d1 ")
    assert line.endswith(" (it was not promoted, and what served before serves on)")
    return line


def test_a_version_that_is_what_was_asked_for_and_computes_passes() -> None:
    router = Router()
    assert check(router) == {"max_input_length": 512, "dimensions": 2, "fingerprint": FINGERPRINT}
    assert router.asked == [f"{URL}/sync/info", *[f"{URL}/sync/v1/embeddings"] * 2]


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ({"model_type": {"reranker": {}}}, "serves a reranker, not a embedding"),
        ({"version": "1.9.3"}, "runs TEI 1.9.3, not 1.8.3"),
        ({"max_batch_requests": 4}, "runs on the CPU"),
        ({"model_id": "someone/else"}, "serves someone/else, not BAAI"),
        ({"model_sha": "b" * 40}, f"serves revision {'b' * 40}, not {'a' * 40}"),
    ],
)
def test_a_version_that_is_another_one_is_refused_before_it_is_called(
    info: dict[str, Any], told: str
) -> None:
    inputs = {**INPUTS, "expected": {**EXPECTED, "revision": "a" * 40}}
    router = Router(info={**INFO, **info})
    assert told in refused(router, inputs)
    assert router.asked == [f"{URL}/sync/info"]


LABELS = [f"label-{number}" for number in range(12)]


def numbered(labels: list[str]) -> dict[str, Any]:
    """The `/info` of a classifier with these labels."""
    maps = {"id2label": {str(n): it for n, it in enumerate(labels)}}
    return {"model_type": {"classifier": maps}}


@pytest.mark.parametrize(
    ("task", "locked", "info", "told"),
    [
        ("classifier", {"labels": ["bad", "good"]}, numbered(["LABEL_0", "LABEL_1"]),
         "has labels LABEL_0, LABEL_1 (2), and the lock says bad, good (2): run `baseten-tei lock`"),
        ("classifier", {"labels": ["bad", "good"]}, numbered(["good", "bad"]),
         "has labels good, bad (2), and the lock says bad, good (2)"),
        ("classifier", {"labels": LABELS}, numbered([*LABELS[:9], "other", *LABELS[10:]]),
         "has labels … other, label-10, label-11 (12), and the lock says … label-9, label-10, label-11 (12)"),
        ("embedding", {"pooling": "mean"}, {}, "has pooling cls, and the lock says mean"),
        ("embedding", {"max_input_length": 256}, {}, "has max_input_length 512, and the lock says 256"),
        ("embedding", {"dimensions": 768}, {}, "has dimensions 2, and the lock says 768"),
    ],
)  # fmt: skip
def test_a_version_that_contradicts_the_lock_is_refused_with_both_and_what_to_run(
    task: str, locked: dict[str, Any], info: dict[str, Any], told: str
) -> None:
    inputs = {**INPUTS, "expected": {**EXPECTED, "task": task, "locked": locked}}
    said = refused(Router(info={**INFO, **info}), inputs)
    assert told in said
    assert "or write the revision that has these" in said


@pytest.mark.parametrize(
    ("locked", "info"),
    [
        ({"pooling": "cls", "dimensions": 2, "max_input_length": 512}, {}),
        ({"pooling": "last-token"}, {"model_type": {"embedding": {"pooling": "last_token"}}}),
        ({"max_input_length": 256}, {"max_input_length": None}),
        ({}, {}),
    ],
)
def test_what_the_lock_says_and_info_says_too_or_not_at_all_is_fine(
    locked: dict[str, Any], info: dict[str, Any]
) -> None:
    inputs = {**INPUTS, "expected": {**EXPECTED, "locked": locked}}
    assert check(Router(info={**INFO, **info}), inputs)["dimensions"] == 2


def test_a_pinned_version_may_contradict_the_lock() -> None:
    expected = {**EXPECTED, "locked": {"pooling": "mean", "dimensions": 768}}
    assert check(Router(), {**INPUTS, "expected": expected, "deployment": "d1"})["dimensions"] == 2


@pytest.mark.parametrize("sha", [None, "a" * 40])
def test_a_revision_that_info_does_not_tell_or_tells_right_is_fine(sha: str | None) -> None:
    inputs = {**INPUTS, "expected": {**EXPECTED, "revision": "a" * 40}}
    assert check(Router(info={**INFO, "model_sha": sha}), inputs)["dimensions"] == 2


def test_a_version_that_answers_null_is_refused_as_nan() -> None:
    router = Router()
    router.vectors = dict.fromkeys((*PROBES, *TEXTS), (None, 0.5))
    assert "answered null in place of a number, which is how TEI writes NaN" in refused(router)


@pytest.mark.parametrize(("limit", "texts"), [(1, 1), (3, 3), (32, 8)])
def test_the_fingerprint_is_of_as_many_texts_as_one_request_may_hold(
    limit: int, texts: int
) -> None:
    router = Router(info={**INFO, "max_client_batch_size": limit})
    assert check(router)["fingerprint"] == fingerprint([(0.5, 0.5)] * texts)
    assert len(router.asked) == (3 if limit > 1 else 2), (
        "probes, and a pair where one request holds it"
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (refusal(URL, 413, "too long"), f"{URL} answered 413: too long"),
        ((None, 0.5), "answered null in place of a number"),
        ((0.5, 0.5, 0.5), "answered /v1/embeddings with vectors of different lengths"),
    ],
)
def test_a_version_that_computes_passes_without_a_fingerprint_and_that_is_said(
    answer: Any, why: str
) -> None:
    warned: list[str] = []
    router = Router()
    router.vectors = {PROBES[-1]: answer}
    assert check(router, warned=warned) == {"max_input_length": 512, "dimensions": 2}
    (line,) = warned
    assert line.startswith(f"model 'bge': no fingerprint was taken of its embedding space ({why}")
    assert line.endswith("), so it can be compared by name only")


def test_a_pinned_version_only_has_to_compute() -> None:
    router = Router(info={**INFO, "version": "1.9.3"})
    pinned = {**WITH_GOLDEN, "deployment": "previous"}
    assert check(router, pinned, make_golden("embedding", EAST)) == {
        "max_input_length": 512,
        "dimensions": 2,
        "fingerprint": FINGERPRINT,
    }
    assert len(router.asked) == 2


def test_a_version_of_which_nothing_is_expected_only_has_to_compute() -> None:
    router = Router(info={**INFO, "version": "1.9.3", "model_id": "someone/else"})
    assert check(router, {"model": "bge"})["dimensions"] == 2


def test_each_golden_text_is_asked_for_and_parity_passes() -> None:
    router = Router(a=NORTH, b=turn(EAST, 0.9999))
    assert check(router, WITH_GOLDEN, make_golden("embedding", NORTH, EAST))["dimensions"] == 2
    assert len(router.asked) == 5


def test_a_version_that_moved_the_space_is_refused_with_the_numbers() -> None:
    router = Router(a=NORTH, b=turn(EAST, 0.71))
    assert 'moved the embedding space: cosine 0.71 of "b"' in refused(
        router, WITH_GOLDEN, make_golden("embedding", NORTH, EAST)
    )


def test_another_precision_is_refused_although_its_numbers_are_the_same() -> None:
    router = Router(info={**INFO, "model_dtype": "float32"}, a=NORTH)
    line = refused(router, WITH_GOLDEN, make_golden("embedding", NORTH))
    assert "moved the embedding space: dtype float32, not float16 as recorded: if that is" in line


def test_a_new_space_is_not_compared_and_that_is_said() -> None:
    told: list[str] = []
    router = Router(a=EAST)
    inputs = {**WITH_GOLDEN, "new_space": True}
    assert check(router, inputs, make_golden("embedding", NORTH), told=told)["dimensions"] == 2
    assert told == ["new_space: true, so golden/dev/bge.json is not compared"]
    assert len(router.asked) == 3


def test_a_golden_text_that_is_refused_by_now_refuses_the_version() -> None:
    too_long = refusal(f"{URL}/sync/v1/embeddings", 422, '{"message": "too long"}')
    router = Router(a=too_long)
    assert "refuses a call: " in refused(router, WITH_GOLDEN, make_golden("embedding", NORTH))


def test_a_golden_text_that_is_not_cut_any_more_names_the_two_ways_out() -> None:
    too_long = refusal(
        f"{URL}/sync/v1/embeddings", 413, '{"error": "must have less than 512 tokens"}'
    )
    router = Router(info={**INFO, "auto_truncate": False}, a=too_long)
    told = refused(router, WITH_GOLDEN, make_golden("embedding", NORTH))
    assert (
        "does not cut long texts (auto_truncate: false), and a golden text has more than 512 tokens"
        in told
    )
    assert "must have less than 512 tokens" in told
    assert (
        "write auto_truncate: true, or write new_space: true and record again with `baseten-tei golden bge`"
        in told
    )


@pytest.mark.parametrize("inputs", [INPUTS, {**INPUTS, "deployment": "previous"}])
def test_sparse_vectors_are_refused_by_their_name_before_a_call_fails(
    inputs: dict[str, Any],
) -> None:
    router = Router(info={**INFO, "model_type": {"embedding": {"pooling": "splade"}}})
    assert "serves sparse vectors (pooling splade), which only /embed_sparse answers" in refused(
        router, inputs
    )
    assert router.asked == [f"{URL}/sync/info"]


@pytest.mark.parametrize("file", [b"{", None])
def test_a_golden_file_that_cannot_be_read_is_no_fault_of_the_version(file: bytes | None) -> None:
    with pytest.raises(UserError, match=r"^golden/dev/bge\.json") as caught:
        check(Router(), WITH_GOLDEN, file)
    assert not isinstance(caught.value, RefusedVersionError)


@pytest.mark.parametrize("status", [400, 404, 429, 503, 504])
def test_a_version_that_is_not_reachable_yet_is_asked_again(status: int) -> None:
    clock, told = Clock(), list[str]()
    not_yet = [refusal(URL, status, "Model is not ready") for _ in range(20)]
    assert check(Router(*not_yet), clock=clock, told=told)["dimensions"] == 2
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[-1] == LONGEST_PAUSE_SECONDS
    assert told == [f"asking again: {URL} answered {status}: Model is not ready"], "told once"


def test_a_version_that_is_not_reachable_by_its_deadline_is_told_and_not_refused() -> None:
    clock = Clock()
    never = Router(*[refusal(URL, 404, "no")] * 1000)
    with pytest.raises(UserError, match=r"could not be asked .* run `pulumi up`") as caught:
        check(never, clock=clock, seconds=600.0)
    assert not isinstance(caught.value, RefusedVersionError)
    assert 590 < clock.now <= 600


@pytest.mark.parametrize(
    "error",
    [refusal(URL, 500, "no"), silence(URL, NetworkError("no connection")), nonsense(URL, "/info")],
)
def test_trouble_is_waited_out_for_a_minute_and_no_longer(error: ModelCallError) -> None:
    clock = Clock()
    with pytest.raises(UserError, match="could not be asked"):
        check(Router(*[error] * 1000), clock=clock)
    assert TROUBLE_SECONDS - LONGEST_PAUSE_SECONDS < clock.now <= TROUBLE_SECONDS
    assert check(Router(error))["dimensions"] == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_told_at_once(status: int) -> None:
    clock = Clock()
    with pytest.raises(UserError, match=f"answered {status}"):
        check(Router(refusal(URL, status, "no")), clock=clock)
    assert clock.pauses == []


def test_a_version_that_cannot_compute_is_refused_at_once() -> None:
    clock, router = Clock(), Router()
    router.vectors = dict.fromkeys((*PROBES, *TEXTS), refusal(URL, 424, "OOM"))
    assert "refuses a call: " in refused(router, clock=clock)
    assert clock.pauses == []


def test_a_call_may_take_as_long_as_there_is_time_and_a_second_at_least() -> None:
    clock, router = Clock(), Router(refusal(URL, 404, "no"))
    check(router, clock=clock, seconds=100.0)
    assert router.seconds[0] == 100.0
    assert router.seconds[1] == pytest.approx(100.0 - clock.pauses[0])
    short = Router()
    check(short, seconds=0.0)
    assert short.seconds == [1.0, 1.0, 1.0]


def test_only_a_version_that_is_not_there_yet_is_worth_any_patience() -> None:
    assert refusal(URL, 404, "").patience_seconds == math.inf
    assert refusal(URL, 401, "").patience_seconds == 0


PAIR = "gives texts of equal length in one batch other vectors than alone (cosine 0.960)"


def bending() -> Router:
    """A router that leaves out the attention mask where nothing is padded."""
    router = Router(a=NORTH)
    router.pair = turn((0.5, 0.5), 0.96)
    return router


@pytest.mark.parametrize("inputs", [INPUTS, {**WITH_GOLDEN, "new_space": True}])
def test_texts_of_equal_length_that_get_other_vectors_are_warned_of(inputs: dict[str, Any]) -> None:
    warned: list[str] = []
    found = check(bending(), inputs, make_golden("embedding", NORTH), warned=warned)
    assert found["fingerprint"] == FINGERPRINT, "as it was before pairs were asked about"
    (line,) = warned
    assert line.startswith(f"model 'bge': deployment d1 {PAIR}")


def test_golden_vectors_refuse_them_with_both_ways_out() -> None:
    line = refused(bending(), WITH_GOLDEN, make_golden("embedding", NORTH))
    assert PAIR in line
    assert "write an accelerator other than CPU and T4" in line
    assert "or, to accept it, record again with `baseten-tei golden bge`" in line


def test_golden_vectors_recorded_with_them_let_them_pass_without_a_word() -> None:
    golden = make_golden("embedding", NORTH)
    recorded = golden.recorded.model_copy(update={"equal_lengths": "other vectors"})
    accepted = golden.model_copy(update={"recorded": recorded})
    warned: list[str] = []
    assert check(bending(), WITH_GOLDEN, accepted, warned=warned)["dimensions"] == 2
    assert warned == []


@pytest.mark.parametrize(("permits", "sizes"), [(2, [1]), (4, [2, 2]), (64, [8, 2])])
def test_the_gate_leaves_half_of_an_old_routers_permits_free(
    permits: int, sizes: list[int]
) -> None:
    router = Router(info={**INFO, "max_concurrent_requests": permits})
    check(router)
    assert router.sizes == sizes
