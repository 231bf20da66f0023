"""The search for settings: how near it comes to a hidden optimum, in how many tries, and what it then writes."""

import random
from collections.abc import Callable
from functools import cache
from statistics import fmean

import pytest
import yaml

from baseten_emulator.tei.pace.pace import Limits
from baseten_emulator.tei.pace.service_time import ServiceTime
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.model_facts import ModelFacts, Weights
from baseten_tei.operations.adoption.yaml_edit import set_values
from baseten_tei.operations.tuning.load_texts import estimate_tokens, generate_texts
from baseten_tei.operations.tuning.record_files import values_to_write
from baseten_tei.operations.tuning.samples import Summary, percentile
from baseten_tei.operations.tuning.search import (
    NoisyProbeError,
    Probe,
    Search,
    SearchResult,
    build_probe,
    golden,
)
from baseten_tei.operations.tuning.settings_point import (
    SearchBounds,
    SettingsPoint,
    doublings,
    point_of,
    requests_for,
    search_bounds,
)
from baseten_tei.operations.tuning.tuning_lines import probe_line, result_lines
from baseten_tei.rules.settings import Settings, parse_settings
from baseten_tei.spec.args import Autoscaling
from baseten_tei.spec.spec_parser import MODELS
from tests.support.pace_simulation import ClosedLoop, Observed, simulate
from tests.support.specs import spec

USUAL = SettingsPoint(16384, 32, 32, 3)
SEEDS = range(10)
LENGTHS = [round(estimate_tokens([text])) + 2 for text in generate_texts("passages", 600, 0)]
MEAN = fmean(LENGTHS)
BOUNDS = SearchBounds(512, 65536, 4, {})
NOISE = 0.01


@cache
def replica(seed: int) -> Callable[[SettingsPoint], Observed]:
    """A replica of one model on the emulator's service time, under a closed loop of passages."""
    service = ServiceTime.draw(seed, "BAAI/bge-base-en-v1.5", {})

    @cache
    def run(point: SettingsPoint) -> Observed:
        texts, clients = point.max_client_batch_size, point.predict_concurrency
        requests = max(3 * clients, round(8 * point.max_batch_tokens / texts / MEAN))
        limits = Limits(clients, point.tokenization_workers, point.max_batch_tokens, padded=False)
        return simulate(service, limits, ClosedLoop(clients, texts, LENGTHS, min(requests, 500)))

    return run


def summary(tokens_per_second: float, **more: object) -> Summary:
    figures = {
        "requests": 100, "texts_per_second": tokens_per_second / MEAN, "tokens_per_second": tokens_per_second,
        "error": NOISE, "mean_ms": 100.0, "p50_ms": 100.0, "p95_ms": 200.0, "p99_ms": 300.0,
        "refusals": {}, "timings": {},
    }  # fmt: skip
    return Summary(**{**figures, **more})  # type: ignore[arg-type]  # figures of each field's own type


def probing(seed: int) -> Callable[[SettingsPoint], Probe]:
    """A noisy measurement of that replica."""
    run, dice = replica(seed), random.Random(seed)  # noqa: S311  # noise, not a secret

    def measure(point: SettingsPoint) -> Probe:
        seen = run(point)
        rate = seen.tokens_per_second * (1 + dice.gauss(0, NOISE))
        p95 = 1000 * percentile(sorted(seen.latencies), 95)
        return Probe(point, summary(rate, p95_ms=p95, timings=vars(seen.spent)))

    return measure


def search(
    start: SettingsPoint, measure: Callable[[SettingsPoint], Probe], **more: int
) -> SearchResult:
    return Search(start, BOUNDS, MEAN, measure, **more).run()


def best_of_grid(run: Callable[[SettingsPoint], Observed]) -> float:
    grid = [
        SettingsPoint(tokens, 32, requests, workers)
        for tokens in doublings(512, 512, 65536)
        for requests in (8, 64)
        for workers in (1, 4)
    ]
    return max(run(point).tokens_per_second for point in grid)


@pytest.mark.parametrize(
    "start", [USUAL, SettingsPoint(16384, 32, 32, 1), SettingsPoint(65536, 32, 4, 2)]
)
def test_nine_of_ten_hidden_optima_are_met_within_a_tenth_in_twelve_probes(
    start: SettingsPoint,
) -> None:
    near = 0
    for seed in SEEDS:
        run = replica(seed)
        found = search(start, probing(seed))
        assert len(found.probes) <= 12
        near += run(found.best.point).tokens_per_second >= 0.9 * best_of_grid(run)
    assert near >= 9


def flat(point: SettingsPoint) -> Probe:
    """A curve without a bend: as good everywhere."""
    return Probe(point, summary(1000.0))


def test_a_flat_curve_ends_the_search_early_and_changes_nothing() -> None:
    found = search(USUAL, flat)
    assert len(found.probes) <= 7
    assert (found.best.point, found.gain) == (USUAL, 0)
    assert next(result_lines("bge", found)).startswith("bge: nothing to change")


def test_gains_below_the_tolerance_do_not_count_so_the_knee_is_taken() -> None:
    """The README of Baseten's TEI example: marginal gains above 16000 tokens."""

    def bending(point: SettingsPoint) -> Probe:
        knee = min(point.max_batch_tokens, 16384) / 16384
        beyond = 1 + 0.000001 * max(0, point.max_batch_tokens - 16384)
        return Probe(point, summary(1000 * knee * beyond, p95_ms=point.max_batch_tokens / 10))

    assert search(SettingsPoint(4096, 32, 32, 3), bending).best.point.max_batch_tokens == 16384


def test_settings_that_do_not_start_are_a_result_as_well() -> None:
    def out_of_memory(point: SettingsPoint) -> Probe:
        fits = point.max_batch_tokens <= 8192
        seen = summary(point.max_batch_tokens) if fits else None
        return Probe(point, seen, "" if fits else "out of memory")

    found = search(USUAL, out_of_memory)
    assert found.best.point.max_batch_tokens == 8192
    assert probe_line(1, found.baseline).endswith("does not work: out of memory")


def test_a_figure_that_wavers_by_more_than_30_percent_ends_the_search() -> None:
    tried: list[SettingsPoint] = []

    def measure(point: SettingsPoint) -> Probe:
        tried.append(point)
        return Probe(point, summary(9000.0, error=0.16 if len(tried) == 3 else NOISE))

    with pytest.raises(NoisyProbeError, match="±32%"):
        search(USUAL, measure)
    assert len(tried) == 3


def test_settings_that_answered_nothing_do_not_work() -> None:
    nothing = summary(0.0, texts_per_second=0.0, error=1.0, refusals={"429": 7, "no answer": 1})
    probe = build_probe(USUAL, nothing)
    assert (probe.summary, probe.failed) == (None, "it answered nothing (7 x 429, 1 x no answer)")


def test_nothing_is_tried_beyond_the_budget() -> None:
    assert len(search(USUAL, probing(1), budget=3).probes) == 3


def test_small_requests_leave_the_client_batch_and_more_of_them_fill_a_batch() -> None:
    def rising(point: SettingsPoint) -> Probe:
        return Probe(point, summary(point.max_batch_tokens))

    found = search(USUAL, rising, texts_per_request=2)
    assert {it.point.max_client_batch_size for it in found.probes} == {32}
    assert max(it.point.predict_concurrency for it in found.probes) == 256


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 2), (3, 5), (0, 7), (2, 9)])
def test_the_golden_section_gives_two_places_within(low: int, high: int) -> None:
    left, right = golden(low, high)
    assert low <= left < right <= high


def test_as_many_requests_are_in_flight_as_keep_three_batches_full() -> None:
    assert requests_for(16384, 32, 100) == 16
    assert requests_for(512, 32, 100) == 8
    assert requests_for(65536, 1, 10) == 256


BGE = ModelFacts(
    model_id="a/b", revision="main", commit="0" * 40, source="test", model_type="bert", hidden_size=768,
    intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, max_position_embeddings=512,
    torch_dtype="float32", weights=Weights(format="safetensors", bytes=4 * 10**8, parameters=10**8),
)  # fmt: skip


def test_a_batch_reaches_from_the_longest_text_to_what_memory_holds() -> None:
    bounds = search_bounds(spec(accelerator="L4"), BGE)
    assert bounds.least_batch_tokens == 512
    assert bounds.most_batch_tokens == 131_072
    assert search_bounds(spec(accelerator="L4"), None).most_batch_tokens == 4 * 16384


def test_a_point_is_what_a_spec_says_and_applied_to_it_changes_nothing_else() -> None:
    args = spec(tokenization_workers=2)
    assert point_of(args) == SettingsPoint(16384, 32, 32, 2)
    applied = SettingsPoint(8192, 16, 8, 1).apply_to(args)
    assert point_of(applied) == SettingsPoint(8192, 16, 8, 1)
    assert applied.model_id == args.model_id


def test_texts_in_flight_follow_where_the_spec_has_them() -> None:
    args = spec(max_concurrent_requests=2048)
    values = values_to_write(args, USUAL, SettingsPoint(8192, 32, 16, 3), None)
    assert values == {"max_batch_tokens": 8192, "predict_concurrency": 16, "max_concurrent_requests": 512}  # fmt: skip
    assert values_to_write(args, USUAL, USUAL, None) == {}


def test_only_what_differs_of_autoscaling_is_written() -> None:
    wanted = Autoscaling(concurrency_target=16, max_replica=3, autoscaling_window=30)
    values = values_to_write(spec(), USUAL, USUAL, wanted)
    assert values == {"autoscaling": {"concurrency_target": 16, "max_replica": 3}}


VALUES = {"max_batch_tokens": 8192, "predict_concurrency": 16, "autoscaling": {"max_replica": 3}}
SPEC = "{task: embedding, model_id: a/b"
STACKS = [
    "config:\n  baseten-tei:models:\n    bge:\n      task: embedding # why\n      model_id: a/b\n"
    "      max_batch_tokens: 16384 # bent\n      autoscaling:\n        max_replica: 1\n    # next\n    x: {task: y}\n",
    f"config:\n  baseten-tei:models:\n    bge: {SPEC}, max_batch_tokens: 1}} # whole\nencryptionsalt: v1\n",
    f"config: {{baseten-tei:models: {{bge: {SPEC}}}}}}}\n",
    "# top\nconfig:\n    baseten-tei:models:\n        bge:\n            task: embedding\n            model_id: a/b",
]


@pytest.mark.parametrize("text", STACKS)
def test_values_are_written_in_place_and_every_comment_stays(text: str) -> None:
    changed = set_values(text, "bge", VALUES)
    before = parse(text)
    assert parse(changed)["bge"] == {**before["bge"], **VALUES}
    assert {**parse(changed), "bge": 0} == {**before, "bge": 0}
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert comments == [line.partition("#")[2] for line in changed.splitlines() if "#" in line]
    assert set_values(changed, "bge", VALUES) == changed


def parse(text: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load(text)["config"][MODELS]
    return found


def test_a_model_that_is_not_in_the_file_is_refused() -> None:
    with pytest.raises(UserError, match=r"has no config\.baseten-tei:models\.other"):
        set_values(STACKS[0], "other", VALUES)


def test_the_result_is_a_spec_that_parses() -> None:
    changed = set_values(STACKS[0].replace("    x: {task: y}\n", ""), "bge", VALUES)
    settings: Settings = parse_settings(yaml.safe_load(changed)["config"][MODELS])
    assert settings.models["bge"].predict_concurrency == 16
