"""Every rule in a preview: errors end the program before anything is registered, warnings stand at their model."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from recording import Run, run_program
from tests.support.corpus import Case, cases, parse_in_python
from tests.support.tei.front_door import as_stack, has_error, has_secret

from baseten_tei.facts.hub.lockfile import lock_path, render_lock
from baseten_tei.program.components import Embedding
from baseten_tei.program.whole_program import deploy
from baseten_tei.rules.registry import RULES

ERRORS = {rule.id for rule in RULES if rule.severity == "error"}
WARNINGS = {rule.id for rule in RULES if rule.severity == "warning"}
TOKEN = "hf_EXAMPLE"


def preview(root: Path, chosen: list[Case]) -> tuple[Run, str]:
    """What is registered, and what the program ends with."""
    models, facts = as_stack(chosen)
    path = lock_path(root, "dev")
    path.parent.mkdir(exist_ok=True)
    path.write_text(render_lock(facts))
    told: list[str] = []

    def program() -> None:
        try:
            deploy()
        except pulumi.RunError as error:
            told.append(str(error))

    config = {"baseten-tei:models": json.dumps(models), "baseten:target": "http://127.0.0.1:9"}
    return run_program(program, root, config, (), preview=True), "".join(told)


def registered(run: Run) -> list[str]:
    return [name for name, it in run.resources.items() if it.request.custom]


@pytest.mark.parametrize("with_secret", [False, True])
def test_every_error_ends_the_preview_before_anything_is_registered(
    root: Path, with_secret: bool
) -> None:
    chosen = [it for it in cases() if has_secret(it) is with_secret and has_error(it)]
    run, told = preview(root, chosen)
    assert registered(run) == []
    lines = told.splitlines()
    expected = {rule for it in chosen for rule in it.rules} & ERRORS
    assert expected >= ({"TEI-SEC-004"} if with_secret else ERRORS - {"TEI-SEC-004"})
    assert {rule for rule in expected if not any(f": {rule} " in line for line in lines)} == set()
    assert TOKEN not in told
    assert not (root / "truss_configs").exists()


def test_every_warning_stands_at_its_model(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ACCESS_KEY", "hf_" + "Q7w" * 11)
    chosen = [it for it in cases() if set(it.rules) & WARNINGS and not has_error(it)]
    run, told = preview(root, chosen)
    assert told == ""
    found = {rule for rule in WARNINGS if any(f": {rule} " in line for line in run.warnings)}
    assert found == WARNINGS


@pytest.mark.parametrize(
    "case", [it for it in cases() if has_secret(it)], ids=lambda case: case.slug
)
def test_a_spec_in_python_with_a_secret_registers_and_shows_nothing(root: Path, case: Case) -> None:
    args: Any = parse_in_python({**case.spec, "task": "embedding"})

    def program() -> None:
        with pytest.raises(pulumi.RunError) as caught:
            Embedding("leaky", args)
        [line] = str(caught.value).splitlines()
        assert line.startswith("model 'leaky': TEI-SEC-004 ")
        assert TOKEN not in line

    run = run_program(program, root, {"baseten:target": "http://127.0.0.1:9"}, (), preview=True)
    assert registered(run) == []
    assert list(root.rglob("*")) == []
