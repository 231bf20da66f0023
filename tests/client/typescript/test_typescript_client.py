"""The client that a generated TypeScript module may have: under Node, against the emulator's routers."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baseten_tei.__main__ import main
from baseten_tei_client import compare
from tests.client.outputs.test_spaces import HARMLESS, SWAPS
from tests.client.outputs.test_spaces import SPACE as KNOWN
from tests.client.stack import SPACE, ClientStack
from tests.support.checkers import Checked, typescript
from tests.support.harness import API_KEY

PROMPTS = {"query": "query: ", "document": "passage: ", "clustering": "cluster: "}
TEXTS = [f"text {n}" for n in range(100)]
NEXT = {"model_id": "someone/next", **SPACE, "document_prompt": ""}
AUTOSCALING: dict[str, Any] = {
    "min_replica": 0, "max_replica": 1, "concurrency_target": 32, "autoscaling_window": 60,
    "scale_down_delay": 900, "target_utilization_percentage": 70,
}  # fmt: skip
STRICT = ["--strict", "--lib", "es2022,dom", "--module", "nodenext", "--skipLibCheck", *(
    f"--{it}" for it in (
        "noUncheckedIndexedAccess", "exactOptionalPropertyTypes", "noUnusedLocals", "noImplicitOverride",
        "verbatimModuleSyntax", "erasableSyntaxOnly", "isolatedModules",
    )
)]  # fmt: skip


@dataclass
class Service:
    """A compiled consumer of the module."""

    folder: Path

    def run(self, scenario: str, **told: Any) -> Any:
        """What one scenario of `consumer.ts` prints."""
        environment = {"PATH": os.environ["PATH"], "BASETEN_API_KEY": API_KEY}
        ended = subprocess.run(
            ["node", "consumer.js", scenario], input=json.dumps(told), cwd=self.folder, env=environment,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, "")
        return json.loads(ended.stdout)

    def found(self, scenario: str, **told: Any) -> Any:
        """What it finds."""
        answer = self.run(scenario, **told)
        assert "found" in answer, answer
        return answer["found"]


def whole(model: dict[str, Any]) -> dict[str, Any]:
    """A model's outputs, with what a stack tells beside what the Python client reads."""
    serving = {
        "image": "image", "tei_version": "1.9.3", "deployment_predict_url": model["predict_url"],
        "openai_base_url": f"{model['sync_url']}/v1", "labels": None, **model,
        "limits": {"max_input_length": None, **model["limits"]},
    }  # fmt: skip
    own = {"baseten_id": model["model_id"], "development_predict_url": model["predict_url"]}
    environments = {model["environment"]: {**serving, "autoscaling": AUTOSCALING}}
    return {**serving, **own, "environments": environments}


def generate(stack: ClientStack, folder: Path) -> None:
    """Write the module of the stack's models as a user does."""
    space = {**stack.models["search"]["space"], "document_prompt": "passage: "}
    changed = {
        "search": {**stack.models["search"], "prompts": PROMPTS, "space": space},
        "moods": {**stack.models["moods"], "labels": ["love", "joy"]},
    }
    outputs = {name: whole(changed.get(name, model)) for name, model in stack.models.items()}
    current = {
        key: it for key, it in outputs["search"].items() if key not in ("environments", "model_id")
    }
    current = {**current, "autoscaling": AUTOSCALING}
    following = {**current, "space": NEXT, "prompts": {"query": "next: ", "document": ""}}
    outputs["search"]["spaces"] = {"current": current, "next": following}
    (folder / "outputs.json").write_text(json.dumps({"schema_version": 1, "models": outputs}))
    asked = [
        "outputs",
        "--format",
        "typescript",
        "--client",
        "--file",
        str(folder / "outputs.json"),
    ]
    assert main([*asked, "--output", str(folder / "search_models.ts")]) == 0


def compile_strictly(folder: Path, *files: str) -> Checked:
    """Compile a consumer and the module."""
    command = ["node", str(typescript() / "bin" / "tsc"), *STRICT, *files]
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    return Checked(ended.returncode, ended.stdout + ended.stderr)


@pytest.fixture(scope="session")
def service(shared: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> Service:
    node = shutil.which("node")
    told = (
        subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else ""
    )
    if int((re.match(r"v(\d+)", told) or [0, 0])[1]) < 20:
        pytest.skip("there is no Node 20 or newer on PATH")
    folder = tmp_path_factory.mktemp("typescript")
    generate(shared, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(Path(__file__).with_name("consumer.ts"), folder)
    checked = compile_strictly(folder, "consumer.ts")
    assert (checked.code, checked.text) == (0, "")
    return Service(folder)


def test_vectors_are_those_of_the_python_client_in_the_order_of_the_texts(
    service: Service, stack: ClientStack
) -> None:
    found = service.found("embed", texts=TEXTS)
    calls = stack.count_calls()
    assert calls["sync/v1/embeddings", 200] == 4  # of 32 at most
    assert calls["sync/info", 200] == 1
    assert sum(count for (path, _), count in calls.items() if path == "wake") == 1
    with stack.connect("search") as search:
        assert np.allclose(found, search.embed(TEXTS).vectors, atol=1e-6)


def test_a_model_that_sleeps_is_woken_and_answers(service: Service, stack: ClientStack) -> None:
    stack.sleep()
    assert stack.emulator.deployments("search")[0]["status"] == "SCALED_TO_ZERO"
    assert len(service.found("embed", texts=TEXTS)) == 100
    assert stack.emulator.deployments("search")[0]["status"] == "ACTIVE"


def test_each_text_gets_the_prompt_that_it_is_for(service: Service, stack: ClientStack) -> None:
    found = service.found("prompts")
    with stack.connect("search") as search:
        plain = search.embed(["query: cats", "passage: cats", "cluster: cats"]).vectors
    assert np.allclose(found, plain, atol=1e-6)


def test_scores_of_all_batches_are_ranked_together(service: Service, stack: ClientStack) -> None:
    found = service.found("rerank", texts=TEXTS)
    with stack.connect("rerank") as rerank:
        ranking = rerank.rerank("what sleeps?", TEXTS)
    assert [it["score"] for it in found] == sorted((it["score"] for it in found), reverse=True)
    by_index = sorted(found, key=lambda it: it["index"])
    assert np.allclose([it["score"] for it in by_index], ranking.scores, atol=1e-6)


def test_labels_that_hold_together_are_sigmoids(service: Service, stack: ClientStack) -> None:
    love, found = service.found("classify", texts=["I love this!", "I am furious."])
    with stack.connect("moods") as moods:
        scores = moods.classify(["I love this!", "I am furious."])
    told = [[row[label] for label in scores.labels] for row in found]
    assert np.allclose(told, scores.scores, atol=1e-5)
    assert love == found[0]["love"]


def test_calls_that_overlap_wake_once_and_keep_to_the_permits(
    service: Service, stack: ClientStack
) -> None:
    assert service.found("together", texts=TEXTS) == [100] * 20
    calls = stack.count_calls()
    assert {status for _, status in calls} <= {200, 202}  # no 429
    assert calls["sync/info", 200] == 1


@pytest.mark.parametrize(
    ("fault", "more"),
    [("rate_limited", {"retry_after": 0}), ("server_error", {}), ("hang_up", {}),
     ("truncated", {})],
)  # fmt: skip
def test_what_passes_is_tried_again(
    service: Service, stack: ClientStack, fault: str, more: dict[str, Any]
) -> None:
    stack.emulator.fault("search", fault, on="inference", path="/sync/v1/", calls=2, **more)
    assert len(service.found("embed", texts=TEXTS)) == 100


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [("unauthorized", "unauthorized", 401), ("too_large", "refused", 413), ("server_error", "unavailable", 500),
     ("unavailable", "deadline", None)],
)  # fmt: skip
def test_what_lasts_is_said_in_time(
    service: Service, stack: ClientStack, fault: str, kind: str, status: int | None
) -> None:
    stack.emulator.fault("search", fault, on="inference", path="/sync/v1/")
    answer = service.run("embed", texts=TEXTS, options={"timeoutMs": 3000})
    assert (answer["kind"], answer["status"]) == (kind, status)
    assert API_KEY not in answer["message"]


def test_a_callers_signal_ends_a_call_with_its_own_reason(
    service: Service, stack: ClientStack
) -> None:
    stack.emulator.fault("search", "hold", on="inference", path="/sync/v1/")
    assert service.run("abort", texts=TEXTS) == {"thrown": "Error: the reader has gone"}


def test_a_call_that_ends_early_leaves_its_permits_to_the_next(
    service: Service, stack: ClientStack
) -> None:
    stack.emulator.fault(
        "search", "slow_reply", on="inference", path="/sync/v1/", seconds=2, calls=4
    )
    assert service.found("after", texts=TEXTS) == ["deadline", 100]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "text 1 is empty"), ("half \ud83d", "text 1 contains half of a surrogate pair")],
)
def test_a_text_that_cannot_be_sent_is_named_and_nothing_is_sent(
    service: Service, stack: ClientStack, text: str, said: str
) -> None:
    answer = service.run("embed", texts=["fine", text])
    assert (answer["kind"], answer["index"]) == ("refused", 1)
    assert answer["message"].startswith(said)
    assert not stack.count_calls()["sync/v1/embeddings", 200]


def test_a_long_text_is_cut_as_the_router_cuts_it(service: Service, stack: ClientStack) -> None:
    texts = ["\N{GRINNING FACE} " + "word " * 13_000, "short"]
    found = service.found("embed", texts=texts)
    with stack.connect("search") as search:
        assert np.allclose(found, search.embed(texts).vectors, atol=1e-6)


def test_another_space_is_refused_before_anything_is_sent(
    service: Service, stack: ClientStack
) -> None:
    expected = {"model_id": "someone/else", **SPACE, "dimensions": 768}
    answer = service.run("embed", texts=TEXTS, options={"expectSpace": expected})
    assert answer["kind"] == "space"
    assert "search: dimensions 768 -> 384" in answer["message"]
    assert "search.next: dimensions 768 -> 384" in answer["message"]
    assert not stack.count_calls()


def test_the_model_under_a_name_with_the_expected_space_is_called(
    service: Service, stack: ClientStack
) -> None:
    found = service.found("routed", options={"expectSpace": NEXT})
    with stack.connect("search") as search:
        assert np.allclose(found, search.embed(["next: cats"]).vectors[0], atol=1e-6)


def test_two_spaces_are_one_exactly_where_the_python_client_says_so(service: Service) -> None:
    others = [replace(KNOWN, **it) for it in [{}, *SWAPS.values(), *HARMLESS.values()]]  # type: ignore[arg-type]
    others += [replace(KNOWN, document_prompt="passage: "), replace(KNOWN, fingerprint="v2:AAAA")]
    prompted = replace(KNOWN, document_prompt="")
    pairs = [(KNOWN, other) for other in others] + [(prompted, other) for other in others]
    found = service.found("compare", pairs=[[it.as_mapping() for it in pair] for pair in pairs])
    assert [not reasons for reasons in found] == [bool(compare(*pair)) for pair in pairs]


def test_the_type_checker_finds_what_a_model_cannot_do(service: Service) -> None:
    """Compiling fails for a line below such a comment that has no error."""
    assert (service.folder / "consumer.ts").read_text().count("// @ts-expect-error") == 5


def test_a_client_is_of_typescript_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outputs", "--format", "python", "--client", "--file", "nothing.json"]) == 2
    assert "baseten-tei-client: leave --client out" in capsys.readouterr().err
