"""The policy pack in the real engine: what passes, what is said, what it stops. Nothing here calls Baseten."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.deployment.money.costs import LISTED, monthly
from baseten_tei.project.stack_settings import stacks
from baseten_tei.review.policies.evaluation import find_violations
from baseten_tei.review.policies.policy import Violation
from baseten_tei.review.policies.policy_config import SECTIONS, parse_policy_config
from tests.support.harness import BGE, DEV_STACK, EMOTIONS, RERANKER, ROOT, Checked, Emulator, Stack

pytestmark = pytest.mark.e2e

PINNED = {
    "bge": {**BGE, "revision": "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"},
    "ranker": {**RERANKER, "revision": "2cfc18c9415c912f9d8155881c133215df768a70"},
}
FINE = {
    name: {
        **model,
        "accelerator": "L4",
        "autoscaling": {"min_replica": 1, "max_replica": 2},
        "labels": {"team": "search"},
    }
    for name, model in PINNED.items()
}
STRICT = {
    "stack-budget": {"usd": 2500},
    "model-budget": {"usd": 1300},
    "allowed-gpus": {"gpus": ["L4"]},
    "no-mutable-images": {"trusted": ["baseten/text-embeddings-inference-mirror"]},
    "required-labels": {"labels": ["team"]},
}
WRONG = {
    "costly": {**FINE["bge"], "autoscaling": {"min_replica": 1, "max_replica": 3}},
    "sleepy": {**FINE["bge"], "autoscaling": {"min_replica": 0}},
    "unpriced": {**EMOTIONS, "instance_type": "L4:6x24", "environment": "staging"},
    "large": {**FINE["ranker"], "accelerator": "A10G"},
    "upstream": {**FINE["ranker"], "tei_version": "1.9.3"},
    "exposed": {**FINE["ranker"], "protect": False},
}
"""Each policy is broken by one of them, or by all together."""


def project(folder: Path, models: Any, target: str = "baseten") -> Stack:
    """A stack with the dev stack's lock; its program is a copy, since a link would lead into this checkout."""
    stack = Stack(folder, target)
    (folder / "infra").unlink()
    (folder / "infra").mkdir()
    shutil.copy(ROOT / "infra/__main__.py", folder / "infra")
    (folder / "locks").mkdir()
    shutil.copy(DEV_STACK / "locks/dev.yaml", folder / "locks" / f"{stack.name}.yaml")
    stack.configure(models)
    return stack


def with_pack(
    stack: Stack, config: Any, *arguments: str, pack: Path = ROOT / "policy", **environment: str
) -> Checked:
    file = stack.folder / "policies.json"
    file.write_text(json.dumps(config))
    options = ("--policy-pack", str(pack), "--policy-pack-config", str(file))
    return stack.pulumi(*arguments, "--stack", stack.name, *options, **environment)


def reported(stack: Stack, config: Any) -> list[Violation]:
    """What the report says of the same files."""
    ((name, subjects),) = [(it.name, it.settings.subjects) for it in stacks(stack.folder)]
    costs = {it.name: monthly(it.args, LISTED) for it in subjects}
    return find_violations(name, subjects, costs, True, parse_policy_config(json.dumps(config)))


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return project(tmp_path_factory.mktemp("policy") / "wrong", WRONG)


def test_a_stack_that_keeps_every_policy_passes(tmp_path: Path) -> None:
    stack = project(tmp_path / "fine", FINE)

    shown = with_pack(stack, {"all": "mandatory", **STRICT}, "preview").check()

    assert "baseten-tei@v0.1.0" in shown.text
    assert not [level for level in ("[mandatory]", "[advisory]") if level in shown.text]
    assert reported(stack, STRICT) == []


def test_the_engine_says_of_each_policy_what_the_report_says(wrong: Stack) -> None:
    config = {"all": "mandatory", **STRICT}
    expected = reported(wrong, config)

    shown = with_pack(wrong, config, "preview")

    assert {it.rule for it in expected} == set(SECTIONS)
    assert sorted(told(shown)) == sorted(it.line for it in expected)
    assert shown.text.count("[mandatory]") == len(expected)
    assert shown.code != 0


def told(shown: Checked) -> list[str]:
    """The lines under "Policies:" that say what was found."""
    policies = shown.text.split("Policies:")[1].split("Diagnostics:")[0]
    lines = [line.strip() for line in policies.splitlines()]
    return [line for line in lines if line.startswith(("model '", "the stack: "))]


def test_a_mistake_in_the_configuration_is_told_in_the_reports_words(wrong: Stack) -> None:
    line = "allowed-gpus: gpus.0 'L5' is not a GPU of Baseten. Perhaps you meant 'L4'?"

    shown = with_pack(wrong, {"allowed-gpus": {"gpus": ["L5"]}}, "preview").refused()

    assert line in shown.text


def test_a_budget_that_was_shown_no_model_does_not_pass(wrong: Stack) -> None:
    only = {"all": "disabled", "stack-budget": {"enforcementLevel": "mandatory"}}

    shown = with_pack(wrong, only, "preview").refused()

    assert "the stack: stack-budget cannot be judged" in shown.text


def test_an_up_stops_before_a_refused_model_is_made(tmp_path: Path, emulator: Emulator) -> None:
    """On an emulator, budgets, replicas and protection are nobody's business."""
    refused = {**WRONG["large"], "autoscaling": {"min_replica": 0}, "protect": False}
    stack = project(tmp_path / "up", {"large": refused}, emulator.url)
    only = {"all": "disabled", "stack-budget": {"enforcementLevel": "mandatory", "usd": 0}}
    assert "stack-budget" not in with_pack(stack, only, "preview").check().text

    shown = with_pack(stack, {"all": "mandatory", **STRICT}, "up", "--yes", "--skip-preview")

    line = "model 'large': allowed-gpus accelerator A10G is not allowed: write accelerator: L4"
    assert told(shown.refused()) == [line]
    assert emulator.models() == {}
    assert emulator.pushes() == 0


def copied_pack(folder: Path) -> Path:
    """The pack in another folder, with the environment named by its whole path."""
    shutil.copytree(ROOT / "policy", folder)
    file = folder / "PulumiPolicy.yaml"
    file.write_text(file.read_text().replace("../.venv", str(ROOT / ".venv")))
    return folder


def test_a_pack_judges_the_stack_that_it_is_called_for_wherever_it_stands(
    wrong: Stack, tmp_path: Path
) -> None:
    """Here in another checkout of the project, whose stack of that name is on an emulator and has no lock."""
    config = {"all": "mandatory", **STRICT}
    other = Stack(tmp_path / "other", "emulator")
    pack = copied_pack(other.folder / "policy")

    shown = with_pack(wrong, config, "preview", pack=pack, PWD=str(other.folder))

    assert sorted(told(shown.refused())) == sorted(it.line for it in reported(wrong, config))


def test_a_stack_in_another_configuration_file_is_judged_as_that_file_has_it(
    wrong: Stack, tmp_path: Path
) -> None:
    """`production-replicas` is about real accounts, and the file beside it says that the stack is on none."""
    config = {"all": "disabled", "production-replicas": "mandatory"}
    elsewhere = tmp_path / "configuration.yaml"
    own = wrong.folder / f"Pulumi.{wrong.name}.yaml"
    shutil.copy(own, elsewhere)
    kept = own.read_text()
    own.write_text(kept.replace("baseten:target: baseten", "baseten:target: emulator"))
    try:
        shown = with_pack(wrong, config, "preview", "--config-file", str(elsewhere)).refused()
    finally:
        own.write_text(kept)

    assert "model 'sleepy': production-replicas" in shown.text
