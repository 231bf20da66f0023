"""A list of GPUs in a Pulumi program: which one is pushed, by what the stack's state says."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import recording
from pulumi.runtime import settings
from recording import Run, run_program

from baseten_tei.deployment.capacity.turns import list_turns, specs_by_turn
from baseten_tei.errors import UserError
from baseten_tei.program.components import Embedding
from baseten_tei.spec.args import EmbeddingArgs

TARGET = {"baseten:target": "http://127.0.0.1:9"}
ARGS = EmbeddingArgs(
    model_id="BAAI/bge-base-en-v1.5", accelerators=["L4", "A10G"], on_no_capacity="next"
)
L4, A10G = list_turns("search", specs_by_turn(ARGS))
LACK = {
    "digest": L4.digest,
    "accelerator": "L4",
    "minutes": 18.0,
    "at": "2026-11-30T14:00:00+00:00",
}


class State:
    """What the engine says of the stack; `None` for an engine, or a backend, that cannot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.root, self.asked = root, list[str]()
        self.environments: list[dict[str, Any]] | None = []
        monkeypatch.setattr(recording.Answers, "call", lambda _, args: self.answer(args))
        self.said: list[str] = []
        monkeypatch.setattr(pulumi.log, "info", lambda line, *_: self.said.append(line))

    def answer(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        assert args.token == "pulumi:pulumi:readStackResourceOutputs"
        self.asked.append(args.args["stackName"])
        if self.environments is None:
            raise RuntimeError("no such function")
        kind = "baseten:index:Environment"
        found = {str(n): {"type": kind, "outputs": it} for n, it in enumerate(self.environments)}
        return {"name": "dev", "outputs": {"other": {"type": "a:b:C", "outputs": {}}, **found}}

    def run(self, args: EmbeddingArgs = ARGS, organization: str = "organization") -> Run:
        def program() -> dict[str, Any]:
            settings.SETTINGS.organization = organization
            return Embedding("search", args).outputs

        return run_program(program, self.root, TARGET)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, root: Path) -> State:
    return State(monkeypatch, root)


def pushed(run: Run) -> tuple[str, str]:
    """Digest and GPU of the push."""
    inputs = run.resources["search-push"].inputs
    config = json.loads(inputs["stdin"])
    return inputs["environment"]["BASETEN_TEI_DIGEST"], config["resources"]["accelerator"]


def test_the_first_is_pushed_where_the_state_knows_of_nothing(state: State) -> None:
    run = state.run()
    assert pushed(run) == (L4.digest, "L4")
    assert run.resources["search-model"].inputs["other_digests"] == [A10G.digest]
    inputs = run.resources["search-production"].inputs
    assert [it["accelerator"] for it in inputs["accelerators"]] == ["L4", "A10G"]
    assert inputs["on_no_capacity"] == "next"
    assert (state.asked, state.said) == (["organization/proj/dev"], [])


def test_the_next_is_pushed_where_the_first_had_no_capacity_and_the_program_says_so(
    state: State,
) -> None:
    state.environments = [{"model": "search", "no_capacity": [LACK], "serving_digest": "old"}]
    run = state.run()
    assert pushed(run) == (A10G.digest, "A10G")
    assert run.resources["search"].inputs["accelerator"] == "A10G"
    assert run.resources["search-model"].inputs["other_digests"] == [L4.digest]
    assert state.said == [
        "model 'search': no L4 was free for 18 min (2026-11-30T14:00:00+00:00), so it is pushed for A10G ($0.02012 a "
        "minute, L4 $0.01414): same model, same endpoint; to go back to L4, remove on_no_capacity"
    ]
    written = (state.root / "truss_configs" / "dev" / "search" / "config.yaml").read_text()
    assert "accelerator: L4" in written, "what is committed follows from the spec"


def test_a_model_stays_on_the_gpu_that_serves(state: State) -> None:
    served = {"model": "search", "no_capacity": [LACK], "serving_digest": A10G.digest}
    state.environments = [served]
    assert pushed(state.run()) == (A10G.digest, "A10G")
    assert state.said == [
        "model 'search': it stays on A10G ($0.02012 a minute, L4 $0.01414), since no L4 was free: to go back to L4, "
        "remove on_no_capacity"
    ]


def test_another_models_state_is_not_its_own(state: State) -> None:
    state.environments = [
        {"model": "other", "no_capacity": [LACK]},
        {"model": "search", "team": "ads", "no_capacity": [LACK]},
    ]
    assert pushed(state.run()) == (L4.digest, "L4")


@pytest.mark.parametrize(
    "more", [{"on_no_capacity": "fail"}, {"on_no_capacity": None}, {"accelerators": None}]
)
def test_without_next_the_state_is_not_asked(state: State, more: dict[str, Any]) -> None:
    state.environments = None
    gone = {"on_no_capacity": None} if more == {"accelerators": None} else {}
    assert pushed(state.run(ARGS.model_copy(update={**more, **gone}))) == (L4.digest, "L4")
    assert state.asked == []


def test_a_state_that_cannot_be_read_ends_the_program_after_both_names_of_the_stack(
    state: State,
) -> None:
    state.environments = None
    with pytest.raises((UserError, pulumi.RunError), match="next needs the stack's state"):
        state.run()
    assert state.asked == ["organization/proj/dev", "dev"]


def test_an_engine_that_names_no_organization_is_asked_by_the_stacks_own_name(state: State) -> None:
    state.run(organization="")
    assert state.asked == ["dev"]
