"""Repositories with the router's verdict: recorded on real routers, or by its source."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.formats import find_format
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.load import Loaded, load_repository
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles
from tests.support.quick_yaml import read_yaml
from tests.support.tei.changes import change_repository

HERE = Path(__file__).parent
MACHINES = {"CPU": Hardware(), "L4": Hardware(89, 89), "T4": Hardware(75, 75, use_flash=False)}


def _cases() -> Iterator[Any]:
    """Each case in each release that it speaks of."""
    for name in ("measured", "by_source"):
        for case in read_yaml(HERE / f"{name}.yaml"):
            assert case["source"]
            for release in [*case.get("says", {}), *case.get("loads", {})]:
                yield pytest.param(case, release, id=f"{case['why']} ({release})")


CASES = tuple(_cases())


def repository(case: Mapping[str, Any]) -> RepositoryFiles:
    """The good repository of a case with its changes."""
    changed = change_repository(case)
    return RepositoryFiles(changed.files, changed.names, Tensors.of(changed.tensors))


def read(case: Mapping[str, Any], release: str) -> Loaded | Refusal:
    """What the engine says of a case."""
    machine = case.get("machine", "CPU")
    hardware = Hardware(**machine) if isinstance(machine, dict) else MACHINES[machine]
    flags = ReadingFlags(**case.get("flags", {}))
    return load_repository(repository(case), release, hardware, flags)


def seen(found: Loaded) -> dict[str, Any]:
    """What a case may say of a router that is ready."""
    candle = found.candle
    return {
        "backend": found.backend,
        "task": found.task.task,
        "pooling": found.task.pooling,
        "length": found.length.longest,
        "dtype": found.dtype,
        "class": candle and candle.model.name,
        "width": candle and candle.width,
        "drops_mask": candle and candle.drops_mask,
        "max_batch_requests": found.max_batch_requests,
        "skipped": [f"{skipped.kind} {skipped.what}" for skipped in found.skipped],
    }


@pytest.mark.parametrize(("case", "release"), CASES)
def test_a_repository_is_judged_as_the_router_judges_it(case: dict[str, Any], release: str) -> None:
    found = read(case, release)
    if release in case.get("says", {}):
        assert isinstance(found, Refusal)
        assert found.reason == case["says"][release]
        return
    assert isinstance(found, Loaded), found
    wanted = dict(case["loads"][release])
    assert find_format(repository(case)) == wanted.pop("format", None)
    assert {key: seen(found)[key] for key in wanted} == wanted


def formats() -> list[Any]:
    """The cases that are named as another format."""
    found = [case for case, _ in (param.values for param in CASES) if "format" in case]
    return [pytest.param(case, id=case["why"]) for case in found]


@pytest.mark.parametrize("case", formats())
def test_a_repository_of_another_format_is_named_as_that(case: dict[str, Any]) -> None:
    assert find_format(repository(case)) == case["format"]


TRANSFORMERS_5 = json.loads((HERE / "transformers_5.json").read_text(encoding="utf-8"))
ROPE = "missing field `rope_theta`"
NULL = "invalid type: null, expected usize"
UNKNOWN = "unknown variant"
VERDICTS: dict[str, tuple[str | None, str | None, str | None]] = {
    "modernbert": ("missing field `global_rope_theta`",) * 3,
    "qwen3": (NULL, None, None),
    "gemma3": ("missing field `rope_local_base_freq`", ROPE, ROPE),
    "qwen2": (NULL, None, None),
    "mistral": (ROPE, None, None),
    "bert": (None, None, None),
    "xlm-roberta": (None, None, None),
    "mpnet": (None, None, None),
    "distilbert": (None, None, None),
    "deberta-v2": (UNKNOWN, None, None),
    "llama": (NULL, "invalid type: sequence, expected usize", "invalid type: sequence, expected usize"),
    "nomic_bert": ("duplicate field `max_position_embeddings`", "duplicate field `max_position_embeddings`", None),
    "jina_embeddings_v3": (UNKNOWN, UNKNOWN, UNKNOWN),
    "eurobert": (UNKNOWN, UNKNOWN, UNKNOWN),
}  # fmt: skip
"""config.json as transformers 5.24 writes it → what 1.8.3, 1.9.3 and 1.9.4 say of it; `None`: they start."""


def test_every_file_of_transformers_5_has_a_verdict() -> None:
    assert set(VERDICTS) == set(TRANSFORMERS_5)


@pytest.mark.parametrize("name", VERDICTS)
def test_files_of_transformers_5_start_or_die_as_they_did(name: str) -> None:
    pooling = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    files = {"config.json": TRANSFORMERS_5[name], "1_Pooling/config.json": pooling}
    flags = ReadingFlags(auto_truncate=True, dtype="float32" if name == "distilbert" else None)
    for release, said in zip(("1.8.3", "1.9.3", "1.9.4"), VERDICTS[name], strict=True):
        found = load_repository(RepositoryFiles(files), release, MACHINES["L4"], flags)
        reason = found.reason if isinstance(found, Refusal) else None
        assert reason == said or (said == UNKNOWN and str(reason).startswith(f"{UNKNOWN} `"))
