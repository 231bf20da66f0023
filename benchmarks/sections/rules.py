"""Times all rules on the three locked models of the dev stack, a thousand times over, offline."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from baseten_tei.project.stack_settings import stacks
from baseten_tei.rules.registry import check_model
from benchmarks.measure.timing import Figure, measure_seconds

AIM = 5.0
MODELS, QUICK_MODELS, TIMES = 1000, 100, 5


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the seconds for all models: every rule, with nothing kept from one model to the next."""
    del folder
    models = QUICK_MODELS if quick else MODELS
    print(f"== rules: {models} locked models, {TIMES} times", flush=True)
    [dev] = [it for it in stacks(Path.cwd()) if it.name == "dev"]
    some = dev.settings.subjects

    def judge_all() -> None:
        for number in range(models):
            check_model(replace(some[number % len(some)], name=f"model-{number}"))

    taken = tuple(measure_seconds(judge_all) for _ in range(TIMES))
    yield Figure("rules", f"judge {models} locked models offline", "", taken, aim=AIM)
