"""Cases of the corpus as models of one stack: its configuration and its lock file, as a user has them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from baseten_tei.facts.hub.lockfile import lock_path, render_lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.rules.registry import check_model
from baseten_tei.spec.credentials import spec_problems
from tests.support.corpus import COMMIT, Case


def has_secret(case: Case) -> bool:
    return bool(spec_problems(case.slug, case.spec))


def has_error(case: Case) -> bool:
    return any(it.rule.severity == "error" for it in check_model(case.subject))


def as_stack(cases: Iterable[Case]) -> tuple[dict[str, Any], list[ModelFacts]]:
    """Models by the case's name, and their facts; each at a commit of its own, so that one lock file holds all."""
    models: dict[str, Any] = {}
    facts: list[ModelFacts] = []
    for number, case in enumerate(cases, start=1):
        commit = f"c{number:039x}"
        own = {"revision": commit} if case.spec["revision"] == COMMIT else {}
        models[case.slug] = {**case.spec, **own}
        facts += [it.model_copy(update={**own, "commit": commit}) for it in case.lock.values()]
    return models, facts


def write_stack(root: Path, stack: str, cases: Iterable[Case]) -> None:
    models, facts = as_stack(cases)
    text = yaml.safe_dump({"config": {"baseten-tei:models": models}})
    (root / f"Pulumi.{stack}.yaml").write_text(text)
    path = lock_path(root, stack)
    path.parent.mkdir(exist_ok=True)
    path.write_text(render_lock(facts))
