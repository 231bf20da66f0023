"""Autoscaling: Baseten's rule as its documentation tells it, and settings that follow from a measured replica.

The documentation is quoted as it stood in mid-2026: docs.baseten.co/deploy/autoscaling ("How autoscaling works") and
docs.baseten.co/deployment/autoscaling/traffic-patterns.
"""

import json

import pytest

from baseten_tei.operations.tuning.derive_autoscaling import (
    CurvePoint,
    Wish,
    derive_autoscaling,
    texts_per_second_at,
    utilization_percent,
)
from baseten_tei.operations.tuning.evidence import Occasion, evidence_document, throughput_entry
from baseten_tei.operations.tuning.prediction import predict
from baseten_tei.operations.tuning.replica_simulation import count_replicas, simulate_replicas
from baseten_tei.operations.tuning.samples import Sample, summarize_samples
from baseten_tei.operations.tuning.search import Probe, SearchResult
from baseten_tei.operations.tuning.settings_point import SettingsPoint
from baseten_tei.review.report.throughput import Measurement
from baseten_tei.spec.args import Autoscaling
from tests.support.specs import spec

DOCUMENTED = Autoscaling(max_replica=10)
"""Baseten's defaults: a window of 60 s, a delay of 900 s, 70 %."""


def wanted(trace: list[float], settings: Autoscaling = DOCUMENTED, begun_with: int = 1) -> list[int]:  # fmt: skip
    return [it.wanted for it in simulate_replicas(trace, settings, 10, begun_with=begun_with)]


def test_a_target_of_10_at_70_percent_triggers_at_7_in_flight() -> None:
    """'The autoscaler triggers at 7 concurrent requests per replica (10 x 0.70)."""
    assert count_replicas(7, DOCUMENTED, 10) == 1
    assert count_replicas(7.1, DOCUMENTED, 10) == 2


def test_a_jump_from_5_to_25_in_flight_takes_4_replicas() -> None:
    """'If traffic jumps from 5 to 25 in-flight requests, the autoscaler calculates that 4 replicas are needed'."""
    assert count_replicas(25, DOCUMENTED, 10) == 4
    replicas = wanted([5.0] * 60 + [25.0] * 120)
    assert (replicas[59], replicas[119], replicas[120]) == (1, 1, 4)


def test_half_of_the_excess_goes_after_each_delay() -> None:
    """'waits for the scale-down delay (15 minutes by default), then removes half the excess replicas, waits again,
    and removes half of what remains'."""
    replicas = wanted([5.0] * 5000, begun_with=9)
    changes = [(n, it) for n, it in enumerate(replicas) if n and it != replicas[n - 1]]
    assert [count for _, count in changes] == [5, 3, 2, 1]
    assert [second for second, _ in changes] == [900, 1800, 2700, 3600]


def test_traffic_that_returns_within_the_delay_finds_its_replicas() -> None:
    """'if traffic briefly dips and returns, your replicas are still warm'."""
    assert set(wanted([25.0] * 120 + [5.0] * 600 + [25.0] * 900, begun_with=4)) == {4}


def test_scaling_stops_at_the_bounds() -> None:
    """'Scaling down stops at the minimum replica count"; up, when "the maximum replica count is reached'."""
    bounded = Autoscaling(min_replica=2, max_replica=3)
    assert wanted([0.0] * 3000, bounded, begun_with=3)[-1] == 2
    assert wanted([900.0] * 300, bounded, begun_with=2)[-1] == 3


def test_a_concurrency_target_of_2_with_5_requests_starts_another() -> None:
    """docs.baseten.co/performance/concurrency: "Concurrency target = 2, single replica; 5 requests arrive'."""
    assert count_replicas(5, Autoscaling(max_replica=9, target_utilization_percentage=100), 2) == 3


def test_a_longer_window_averages_a_spike_out() -> None:
    """traffic-patterns: "A longer autoscaling window averages out the jitter'."""
    spike = [5.0] * 300 + [25.0] * 30 + [5.0] * 600
    short = Autoscaling(max_replica=10, autoscaling_window=30)
    long = Autoscaling(max_replica=10, autoscaling_window=300)
    assert max(wanted(spike, short)) == 4
    assert max(wanted(spike, long)) == 1


def test_a_new_replica_answers_after_its_cold_start() -> None:
    seconds = simulate_replicas([25.0] * 300, DOCUMENTED, 10, cold_start_seconds=90, begun_with=1)
    assert {it.wanted for it in seconds[60:]} == {4}
    assert [it.ready for it in (seconds[149], seconds[150])] == [1, 4]


CURVE = [
    CurvePoint(1, 40.0, 60.0),
    CurvePoint(8, 240.0, 120.0),
    CurvePoint(16, 320.0, 200.0),
    CurvePoint(32, 350.0, 420.0),
]
WISH = Wish(peak_texts_per_second=1500.0, slo_ms=250.0)


def test_the_most_in_flight_that_keeps_the_slo_is_the_target() -> None:
    found = derive_autoscaling(CURVE, WISH, Autoscaling())
    assert found.met
    assert found.settings.concurrency_target == 16
    assert "within 200 ms" in found.steps[0]


def test_chance_keeps_within_the_target_at_the_utilization() -> None:
    """Poisson numbers of mean 0.8 are at most 2 in 95 of 100 cases, of mean 24 at most 32."""
    assert utilization_percent(2) == 40
    assert utilization_percent(32) == 75, "near Baseten's 70, for its own advice of 32"
    found = [utilization_percent(it) for it in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
    assert found == sorted(found)


def test_throughput_between_two_points_is_on_a_line() -> None:
    assert texts_per_second_at(CURVE, 12) == 280
    assert texts_per_second_at(CURVE, 99) == 350


def test_the_replicas_of_a_peak_are_what_baseten_would_start_and_one_more() -> None:
    found = derive_autoscaling(CURVE, WISH, Autoscaling())
    usual = 16 * found.settings.target_utilization_percentage / 100
    in_flight = 1500 / texts_per_second_at(CURVE, usual) * usual
    many = found.settings.model_copy(update={"max_replica": 100})
    assert found.settings.max_replica == count_replicas(in_flight, many, 16) + 1
    assert found.settings.min_replica == 2
    assert f"takes {count_replicas(in_flight, many, 16)} replicas" in found.steps[-1]


def test_an_slo_that_no_load_keeps_is_said() -> None:
    found = derive_autoscaling(CURVE, Wish(10.0, 20.0), Autoscaling())
    assert not found.met
    assert "even 1 in flight takes 60 ms, more than 20 ms" in found.steps[0]


def test_window_and_delay_stay_as_they_are() -> None:
    now = Autoscaling(autoscaling_window=30, scale_down_delay=60, min_replica=5)
    settings = derive_autoscaling(CURVE, WISH, now).settings
    assert (settings.autoscaling_window, settings.scale_down_delay, settings.min_replica) == (30, 60, 5)  # fmt: skip


def measured(tokens_per_second: float, instance_type: str = "L4:4x16") -> Measurement:
    return Measurement(
        model_id="a/b", instance_type=instance_type, tei_version="1.8.3", date="2026-11-26", how="test",
        tokens_per_second=tokens_per_second,
    )  # fmt: skip


def test_without_results_a_prediction_says_that_it_extrapolates() -> None:
    found = predict("L4", 335_000_000, [], {})
    assert found is not None
    assert found.extrapolates
    assert found.low < 62_000 < found.high


def test_results_on_file_calibrate_a_prediction_and_narrow_its_band() -> None:
    sizes = {"a/b": 100_000_000}
    like = predict("L4", 150_000_000, [measured(300_000)], sizes)
    other = predict("H100", 150_000_000, [measured(300_000)], sizes)
    assert like is not None
    assert other is not None
    assert like.likely == pytest.approx(200_000)
    assert not like.extrapolates
    assert other.extrapolates
    assert like.high / like.low < other.high / other.low
    assert "none of them is like it on H100" in other.note


def test_a_gpu_whose_arithmetic_is_not_known_is_not_predicted() -> None:
    assert predict("V100", 10**8, [], {}) is None


OCCASION = Occasion("2026-11-26", "an emulator", "a machine", {"python": "3.11"}, "mixed", 5.0, 0)
SEEN = summarize_samples([], 0.0)
BUSY = summarize_samples([Sample(0, n / 10, 200, 1, 100) for n in range(1, 101)], 0.0)


def test_the_evidence_is_json_even_where_nothing_was_answered() -> None:
    failed, empty = (
        Probe(SettingsPoint(1, 1, 1, 1), None, "no memory"),
        Probe(SettingsPoint(2, 1, 1, 1), SEEN),
    )
    found = SearchResult((failed, empty), failed, empty)
    told = evidence_document(
        "bge", spec(), OCCASION, found, [], derive_autoscaling(CURVE, WISH, Autoscaling())
    )
    assert json.loads(json.dumps(told, allow_nan=False))["probes"][0]["failed"] == "no memory"


def test_a_throughput_entry_is_one_that_reports_read() -> None:
    [entry] = throughput_entry(spec(), OCCASION, Probe(SettingsPoint(8192, 32, 16, 3), BUSY))
    read = Measurement.model_validate(entry)
    assert read.tokens_per_second == 1000.0
    assert "mixed texts, max_batch_tokens 8192, 16 requests in flight" in read.how
