"""Facts of older locks, read by the engine: what the corpus calls good starts, and what dies is refused."""

from typing import Any

import pytest

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY, CPU
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.load import Loaded, load_repository
from baseten_tei.facts.tei.loading.locked_files import files_of
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.releases import OLDEST, at_least
from baseten_tei.rules.gpu.subject_hardware import accelerator_of
from tests.support.corpus import GOOD, Case, cases

DEADLY = {
    *(f"TEI-MODEL-{n:03}" for n in (1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17)),
    *(f"TEI-TASK-{n:03}" for n in (7, 11, 12, 14, 15, 16, 18, 19)),
}
"""Rules about a repository that say that the router does not start."""
STARTS = {"model-llama-without-flash"}
"""By the source it starts: candle does not ask USE_FLASH_ATTENTION of Llama (backends/candle/src/lib.rs:548)."""


def hardware(subject: Subject) -> Hardware:
    """The best image for the GPU of a spec."""
    gpu = accelerator_of(subject)
    if gpu is None or gpu == CPU:
        return Hardware()
    cap = COMPUTE_CAPABILITY[gpu]
    switch = (subject.args.env or {}).get("USE_FLASH_ATTENTION", str(cap != 75))
    return Hardware(cap, cap, str(switch).lower() == "true")


def read(subject: Subject) -> Loaded | Refusal:
    args: Any = subject.args
    assert subject.facts
    flags = ReadingFlags(
        pooling=getattr(args, "pooling", None),
        dtype=args.dtype,
        default_prompt_name=getattr(args, "default_prompt_name", None),
        auto_truncate=True,
    )
    files = files_of(subject.facts)
    return load_repository(files, args.tei_version, hardware(subject), flags)


@pytest.mark.parametrize("case", cases(GOOD), ids=lambda case: case.slug)
def test_what_the_corpus_calls_good_starts(case: Case) -> None:
    found = read(case.subject)
    assert isinstance(found, Loaded), found


def deadly() -> list[Case]:
    """Of releases whose sources were read."""
    found = [case for case in cases() if at_least(case.subject.args.tei_version, OLDEST)]
    return [case for case in found if DEADLY & set(case.rules) and case.slug not in STARTS]


@pytest.mark.parametrize("case", deadly(), ids=lambda case: case.slug)
def test_what_a_rule_calls_deadly_is_refused(case: Case) -> None:
    assert isinstance(read(case.subject), Refusal)
