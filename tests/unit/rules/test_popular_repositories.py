"""Repositories that people deploy, as public mirrors keep their files: no false error, and a refusal has its cause."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.lockfile import parse_lock, render_lock
from baseten_tei.facts.hub.repository import Repository
from baseten_tei.facts.tei.loading.serde.json_text import write_json
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.rule import Reported
from baseten_tei.rules.settings import parse_settings
from tests.support.quick_yaml import read_yaml
from tests.support.tei.advice import follow
from tests.support.tei.changes import COMMIT

HERE = Path(__file__).parent / "popular"
TASKS = ("embedding", "reranker", "classifier")
RELEASES = ("1.8.3", "1.9.3")
POPULAR = {task: read_yaml(HERE / f"{task}.yaml") for task in TASKS}


def _cases() -> Iterator[Any]:
    for task in TASKS:
        for entry in POPULAR[task]["repositories"]:
            for release in RELEASES:
                name = f"{entry['model']} ({task}, {release})"
                yield pytest.param(task, entry, release, id=name)


def repository_of(entry: Mapping[str, Any]) -> Repository:
    """Return what the Hub would give; the headers of the weights are nobody's to read."""
    names = (*entry["files"], *entry["names"], *entry.get("taken_as_there", ()))
    return Repository(
        model_id=entry["model"],
        revision=COMMIT,
        commit=COMMIT,
        source=entry["source"],
        gated=False,
        license="mit",
        sizes=dict.fromkeys(names, 1_000_000),
        texts={name: write_json(value) for name, value in entry["files"].items()},
        parameters={},
        shapes={},
    )


def spec_of(task: str, entry: Mapping[str, Any], release: str) -> dict[str, Any]:
    """Return what a user writes."""
    spec = {"model_id": entry["model"], "revision": COMMIT, "task": task, "tei_version": release}
    return {**spec, "accelerator": "L4", **entry.get("spec", {})}


def judge(entry: Mapping[str, Any], spec: Mapping[str, Any]) -> list[Reported]:
    """Return the errors of the front door, its facts read from a lock file's text."""
    lock = parse_lock(render_lock([read_facts(repository_of(entry))]))
    (subject,) = parse_settings({"model": spec}, lock=lock).subjects
    return [it for it in check_model(subject) if it.rule.severity == "error"]


@pytest.mark.parametrize(("task", "entry", "release"), list(_cases()))
def test_a_popular_repository_is_judged_as_its_router_would(
    task: str, entry: dict[str, Any], release: str
) -> None:
    refused = entry.get("refused", {})
    wanted = refused if isinstance(refused, str) else refused.get(release)
    found = judge(entry, spec_of(task, entry, release))
    assert [it.rule.id for it in found] == ([wanted] if wanted else [])


@pytest.mark.parametrize(("task", "entry", "release"), list(_cases()))
def test_advice_that_is_followed_leads_to_no_other_refusal(
    task: str, entry: dict[str, Any], release: str
) -> None:
    spec = spec_of(task, entry, release)
    for found in judge(entry, spec):
        if (changed := follow(found.finding.fix, spec)) is not None:
            assert judge(entry, changed) == []


def test_advice_says_all_that_it_takes() -> None:
    """bge-m3 as sentence-transformers 5.6 saves it: a pooling alone leads to the next refusal."""
    [entry] = [
        it
        for it in POPULAR["embedding"]["repositories"]
        if (it["model"], it.get("saved_by")) == ("BAAI/bge-m3", "sentence-transformers 5.6")
    ]
    [found] = judge(entry, spec_of("embedding", entry, "1.9.3"))
    assert found.finding.fix == (
        "write another model_id, e.g. a fork whose files TEI can read: to write pooling: cls is not enough "
        "(sentence_bert_config.json: missing field `max_seq_length`)"
    )


@pytest.mark.parametrize("task", TASKS)
def test_each_popular_repository_has_its_source_and_is_there_once(task: str) -> None:
    entries = POPULAR[task]["repositories"]
    assert all("@" in entry["source"] and entry["known_from"] for entry in entries)
    counted = Counter((entry["model"], entry.get("saved_by")) for entry in entries)
    assert [name for name, times in counted.items() if times > 1] == []
