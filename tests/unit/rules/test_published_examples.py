"""Baseten's own 15 TEI configs: our generator makes each of them, and what differs is written down with its reason.

`tests/field/common.yaml` says what they share, one file each says the rest; `wrong.yaml` what is wrong there.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.deployment.differences import find_changed_paths
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.sizes.sizing import size_spec
from baseten_tei.facts.tei.flags import split_flags
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.secrets.access_rules import find_unlisted_secrets
from baseten_tei.spec.spec_parser import parse_spec
from tests.support.corpus import healthy_facts

FOLDER = Path(__file__).parents[2] / "field"
Data = dict[str, Any]


def read(name: str) -> Data:
    return dict(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


COMMON, WRONG = read("common"), read("wrong")
NAMES = sorted(path.stem for path in FOLDER.glob("TEI-*.yaml"))


def subject(name: str, **more: Any) -> Subject:
    """An example as our spec, sized, with its model's facts."""
    example = read(name)
    args = parse_spec(name, {**COMMON["spec"], **example["spec"], **more})
    assert not isinstance(args, list), args
    where = {"model_id": args.model_id, "revision": args.revision, "commit": args.revision}
    facts = healthy_facts(args.task, **where, **example["facts"])
    return Subject(name, size_spec(args, facts), facts)


def published(name: str) -> Data:
    """The config as Baseten publishes it, the start command read as flags."""
    ours, common = read(name)["published"], yaml.safe_load(yaml.safe_dump(COMMON["published"]))
    common["base_image"]["image"] += f":{ours['tag']}"
    common["resources"]["accelerator"] = ours["accelerator"]
    common["docker_server"]["predict_endpoint"] = ours["predict_endpoint"]
    common["model_cache"]["repo_id"] = ours["repo_id"]
    if workers := ours["tokenization_workers"]:
        common["docker_server"]["start_command"]["flags"]["tokenization-workers"] = str(workers)
    return {**common, "model_name": f"{name}-truss-example"}


def generated(of: Subject) -> Data:
    """Our config in the same form."""
    config = dict(of.config)
    router, *words = shlex.split(config["docker_server"]["start_command"])
    command = {"starts_with": router, "flags": dict(split_flags(words))}
    return {**config, "docker_server": {**config["docker_server"], "start_command": command}}


def reduced(paths: list[str], told: Mapping[str, str]) -> set[str]:
    """Paths, those below one that is told counting as that one."""
    above = {path: [it for it in told if path == it or path.startswith(f"{it}.")] for path in paths}
    return {(found or [path])[0] for path, found in above.items()}


def test_all_fifteen_are_here() -> None:
    assert len(NAMES) == 15


@pytest.mark.parametrize("name", NAMES)
def test_our_config_differs_from_the_published_one_only_where_it_is_explained(name: str) -> None:
    told = {**COMMON["differences"], **read(name).get("differences", {})}
    theirs, ours = {"config": published(name)}, {"config": generated(subject(name))}
    paths = [it.removeprefix("config.") for it in find_changed_paths(theirs, ours)]
    assert reduced(paths, told) == set(told)
    assert all(reason.strip() for reason in told.values())


@pytest.mark.parametrize("name", NAMES)
def test_weights_come_from_the_repository_and_revision_that_is_published(name: str) -> None:
    [weights] = subject(name).config["weights"]
    cache = published(name)["model_cache"]
    assert weights["source"] == f"hf://{cache['repo_id']}@{cache['revision']}"
    assert set(cache["ignore_patterns"]) <= set(weights["ignore_patterns"])


@pytest.mark.parametrize("name", NAMES)
def test_what_works_has_no_error_and_every_warning_is_explained(name: str) -> None:
    told = {**COMMON["warnings"], **read(name).get("warnings", {})}
    found = check_model(subject(name))
    assert [it.line for it in found if it.rule.severity == "error"] == []
    assert {it.rule.id for it in found} == set(told)


def test_the_v100_of_their_generator_is_found() -> None:
    wrong = WRONG["accelerators"]
    args = parse_spec("bge", wrong["spec"])
    assert not isinstance(args, list)
    found = check_model(Subject("bge", args, healthy_facts("embedding")))
    assert wrong["rule"] in {it.rule.id for it in found if it.rule.severity == "error"}


def test_secrets_that_are_read_and_not_listed_are_found() -> None:
    wrong = WRONG["undeclared"]
    assert find_unlisted_secrets(wrong["config"]) == wrong["secrets"]
    listed = {**wrong["config"], "secrets": dict.fromkeys(wrong["secrets"])}
    assert find_unlisted_secrets(listed) == []


def test_the_gated_example_without_its_token_is_found() -> None:
    wrong = WRONG["gated"]
    found = check_model(subject(wrong["example"], **wrong["spec"]))
    assert wrong["rule"] in {it.rule.id for it in found}
