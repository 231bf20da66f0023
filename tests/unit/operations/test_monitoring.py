"""Prometheus rules and a dashboard of a stack's limits: promtool takes them, and an incident fires its one alert."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.__main__ import main
from baseten_tei.operations.monitoring.alert_rules import alert_rules
from baseten_tei.operations.monitoring.dashboard import dashboard
from baseten_tei.operations.monitoring.exported_metrics import METRICS
from baseten_tei.operations.monitoring.prometheus_files import rules_file, scrape_file
from baseten_tei.operations.monitoring.watched import watch
from baseten_tei.outputs.parsing import parse_outputs
from tests.support.harness import ROOT
from tests.support.monitoring.grafana_models import read_dashboard
from tests.support.monitoring.prometheus import promtool

GOLDEN = ROOT / "tests" / "golden" / "outputs.json"
TOLD = json.loads(GOLDEN.read_text(encoding="utf-8"))
BGE, MOODS = "6k9ahjw5", "9lyiqmbe"
"""The ids of two models: one keeps a replica up and may have two, the other scales to zero."""
DEPLOYMENTS = {BGE: "jw5dkkpk", MOODS: "mxultn4t"}
NAMES = {BGE: "bge", MOODS: "go-emotions"}
MINUTES = 90
BEFORE = 30
"""Minutes before an incident begins."""


def outputs() -> dict[str, Any]:
    told: dict[str, Any] = deepcopy(TOLD)
    own = told["models"]["bge"]["environments"]["production"]
    own["autoscaling"] |= {"min_replica": 1, "max_replica": 2}
    return told


def write(folder: Path, stack: str = "live", **slo_ms: float) -> None:
    watched = watch(stack, parse_outputs(json.dumps(outputs())), slo_ms)
    (folder / "rules.yml").write_text(rules_file(stack, watched), encoding="utf-8")
    scrape = scrape_file(stack, "https://app.baseten.co/metrics", str(folder / "key"), "rules.yml")
    (folder / "prometheus.yml").write_text(scrape, encoding="utf-8")
    (folder / "key").write_text("a-key")


# --- what promtool and Prometheus take


@pytest.mark.parametrize("stack", ["live", 'a"b\\', "x: y", "{{ 1 }}", "日本"])
def test_promtool_takes_the_configuration_and_the_rules_of_any_stack(
    stack: str, tmp_path: Path
) -> None:
    write(tmp_path, stack, bge=500)
    for what, name in (("config", "prometheus.yml"), ("rules", "rules.yml")):
        told = promtool("check", what, name, folder=tmp_path)
        assert told.code == 0, told.text


def test_a_scrape_keeps_to_the_limit_and_names_a_file_in_place_of_the_key(tmp_path: Path) -> None:
    write(tmp_path)
    (scrape,) = yaml.safe_load((tmp_path / "prometheus.yml").read_text())["scrape_configs"]
    assert int(scrape["scrape_interval"].removesuffix("s")) >= 60
    assert scrape["authorization"] == {"type": "Api-Key", "credentials_file": str(tmp_path / "key")}
    assert (scrape["scheme"], scrape["metrics_path"]) == ("https", "/metrics")
    assert scrape["static_configs"] == [{"targets": ["app.baseten.co"]}]


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\bbaseten_(?!tei)\w+", expression))


def families(names: set[str]) -> set[str]:
    return {re.sub(r"_bucket$", "", it) for it in names}


def test_every_metric_in_rules_and_panels_is_one_that_the_export_has(tmp_path: Path) -> None:
    write(tmp_path)
    texts = (tmp_path / "rules.yml").read_text() + dashboard("live")
    assert families(names_in(texts)) <= set(METRICS)
    assert len(families(names_in(texts))) >= 6


# --- incidents


def labels(model: str, **more: str) -> str:
    told = {
        "model_id": model, "model_name": NAMES[model], "deployment_id": DEPLOYMENTS[model],
        "environment": "production", "rollout_phase": "stable", **more,
    }  # fmt: skip
    return ",".join(f'{key}="{value}"' for key, value in told.items())


def series(name: str, values: str) -> dict[str, str]:
    return {"series": name, "values": values}


def steady(value: float) -> str:
    return f"{value}+0x{MINUTES}"


def then(before: float, after: float) -> str:
    return f"{before}+0x{BEFORE - 1} {after}+0x{MINUTES - BEFORE}"


def growing(before: float, after: float) -> str:
    """A counter that grows by so much in a minute, before and in the incident."""
    middle = before * BEFORE
    return f"0+{before}x{BEFORE - 1} {middle}+{after}x{MINUTES - BEFORE}"


def born_at_incident(step: float) -> str:
    return f"_x{BEFORE} {step}+{step}x{MINUTES - BEFORE}"


def buckets(model: str, fast: str, all_of_them: str) -> dict[str, str]:
    found = {}
    for bound, values in (("0.25", fast), ("1", all_of_them), ("+Inf", all_of_them)):
        told = labels(model, status_code="200", is_async="false", le=bound)
        found[f"baseten_end_to_end_response_time_seconds_bucket{{{told}}}"] = values
    return found


def requests(model: str, status: str) -> str:
    return (
        f"baseten_inference_requests_total{{{labels(model, status_code=status, is_async='false')}}}"
    )


def gauge(name: str, model: str, **more: str) -> str:
    return f"baseten_{name}{{{labels(model, **more)}}}"


HEALTHY = {
    'up{job="baseten"}': steady(1),
    gauge("replicas_active", BGE): steady(1),
    gauge("replicas_active", MOODS): steady(0),
    gauge("replicas_starting", BGE): steady(0),
    gauge("replicas_starting", MOODS): steady(0),
    gauge("concurrent_requests", BGE): steady(3),
    gauge("concurrent_requests", MOODS): steady(0),
    requests(BGE, "200"): growing(600, 600),
    **buckets(BGE, growing(600, 600), growing(600, 600)),
}
"""A stack of which nothing is to be said."""
GONE = {it: f"{values.split('+')[0]}+0x{BEFORE - 1} stale" for it, values in HEALTHY.items()}
INCIDENTS: dict[str, tuple[str, dict[str, str]]] = {
    "BasetenTeiBusy": (BGE, {requests(BGE, "429"): born_at_incident(60)}),
    "BasetenTeiUnfitRequests": (BGE, {requests(BGE, "422"): born_at_incident(1)}),
    "BasetenTeiQueue": (BGE, {gauge("concurrent_requests", BGE): then(3, 40)}),
    "BasetenTeiColdStart": (MOODS, {gauge("concurrent_requests", MOODS): then(0, 2)}),
    "BasetenTeiSlowStart": (MOODS, {gauge("replicas_starting", MOODS): then(0, 1)}),
    "BasetenTeiSlow": (BGE, buckets(BGE, growing(600, 0), growing(600, 600))),
    "BasetenTeiAtMaximum": (
        BGE,
        {gauge("replicas_active", BGE): then(1, 2), gauge("concurrent_requests", BGE): then(3, 50)},
    ),
    "BasetenTeiTooFewReplicas": (
        BGE,
        {gauge("replicas_active", BGE): then(1, 0), gauge("concurrent_requests", BGE): then(3, 0)},
    ),
    "BasetenTeiOtherVersion": (
        BGE,
        {
            gauge("replicas_active", BGE): f"1+0x{BEFORE - 1} stale",
            gauge("replicas_active", BGE, deployment_id="theirs"): f"_x{BEFORE} 1+0x{MINUTES}",
        },
    ),
    "BasetenTeiNoMetrics": (BGE, {**GONE, 'up{job="baseten"}': then(1, 0)}),
}
"""What is played for each alert, and whose it is."""


def expected(rule: dict[str, Any], model: str) -> dict[str, Any]:
    """The alert with the labels of the model that it is of."""
    told = {"model": NAMES[model], "model_id": model, "environment": "production", "stack": "live"}
    if rule["alert"] == "BasetenTeiOtherVersion":
        told["deployment_id"] = "theirs"
    if rule["alert"] == "BasetenTeiNoMetrics":
        told = {"job": "baseten"}
    text = {
        key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda it: told[it[1]], text)
        for key, text in rule["annotations"].items()
    }
    return {"exp_labels": {**told, **rule["labels"]}, "exp_annotations": text}


def test_every_alert_has_an_incident() -> None:
    assert {it["alert"] for it in alert_rules("live")} == set(INCIDENTS)


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_fires_its_alert_and_no_other_and_before_it_none_fires(
    name: str, tmp_path: Path
) -> None:
    write(tmp_path, bge=500)
    model, played = INCIDENTS[name]
    rules = {it["alert"]: it for it in alert_rules("live")}
    at = {BEFORE - 2: [], MINUTES - 10: [expected(rules[name], model)]}
    tests = [
        {
            "eval_time": f"{minute}m",
            "alertname": alert,
            "exp_alerts": found if alert == name else [],
        }
        for minute, found in at.items()
        for alert in rules
    ]
    document = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [series(*it) for it in {**HEALTHY, **played}.items()],
                "alert_rule_test": tests,
            }
        ],
    }
    (tmp_path / "incident.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    told = promtool("test", "rules", "incident.yml", folder=tmp_path)
    assert told.code == 0, told.text


# --- the dashboard


def test_the_dashboard_has_the_form_of_grafanas_json_model() -> None:
    """Grafana's docs: a grid of 24 columns, ids of panels and of targets once each, variables before their use."""
    board = json.loads(dashboard("live"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", board["uid"])
    ids = [it["id"] for it in board["panels"]]
    assert len(ids) == len(set(ids)) >= 6
    taken = set[tuple[int, int]]()
    for panel in board["panels"]:
        grid = panel["gridPos"]
        assert 0 <= grid["x"] <= grid["x"] + grid["w"] <= 24
        cells = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert not cells & taken
        taken |= cells
        letters = [it["refId"] for it in panel["targets"]]
        assert len(letters) == len(set(letters)) > 0
    variables = [it["name"] for it in board["templating"]["list"]]
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board["panels"]))) - {"__rate_interval"}
    assert used == set(variables) == {"datasource", "model", "environment"}


def lost(told: Any, read: Any, place: str = "") -> list[str]:
    """Places whose value was not read."""
    if isinstance(told, dict):
        known = read if isinstance(read, dict) else {}
        return [it for key in told for it in lost(told[key], known.get(key), f"{place}.{key}")]
    if isinstance(told, list) and isinstance(read, list) and len(told) == len(read):
        return [
            it
            for n, pair in enumerate(zip(told, read, strict=True))
            for it in lost(*pair, f"{place}.{n}")
        ]
    return [] if told == read else [place]


def test_grafanas_own_types_read_every_key_of_the_dashboard() -> None:
    text = dashboard("live")
    assert lost(json.loads(text), read_dashboard(text)) == []
    odd = {**json.loads(text), "refreshes": "1m"}
    assert lost(odd, read_dashboard(json.dumps(odd))) == [".refreshes"]


def test_prometheus_takes_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    board = json.loads(dashboard('a"{b\\'))
    found = [it["expr"] for panel in board["panels"] for it in panel["targets"]]
    plain = [
        it.replace("$__rate_interval", "5m")
        .replace("$model", "bge|x")
        .replace("$environment", ".*")
        for it in found
    ]
    rules = [{"record": f"panel:{number}", "expr": it} for number, it in enumerate(plain)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": rules}]}))
    told = promtool("check", "rules", "rules.yml", folder=tmp_path)
    assert told.code == 0, told.text


# --- the command


def run(folder: Path, *more: str) -> list[str]:
    return ["operations", "--file", str(GOLDEN), "--output", str(folder), *more]


def test_files_are_written_once_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ops"
    assert main(run(folder, "--check")) == 1
    assert not folder.exists()
    assert main(run(folder)) == main(run(folder)) == main(run(folder, "--check")) == 0
    assert sorted(it.name for it in folder.iterdir()) == [
        "baseten-tei-rules.yml", "dashboard.json", "prometheus.yml",
    ]  # fmt: skip
    assert main(run(folder, "--check", "--slo-ms", "500")) == 1
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[-1]
        == f"{folder}/baseten-tei-rules.yml is out of date: run the same command without --check"
    )


def test_the_limits_are_those_of_each_environment_and_the_aim_that_of_its_model(
    tmp_path: Path,
) -> None:
    assert main(run(tmp_path, "--slo-ms", "900", "--slo-ms", "bge=250")) == 0
    groups = yaml.safe_load((tmp_path / "baseten-tei-rules.yml").read_text())["groups"]
    found = {
        (it["record"], it["labels"]["model"], it["labels"]["environment"]): it["expr"]
        for it in groups[0]["rules"]
        if "labels" in it
    }
    assert found["baseten_tei:max_replica", "bge", "staging"] == "vector(2)"
    assert found["baseten_tei:wanted_in_flight", "bge", "production"] == "vector(22.4)"
    assert found["baseten_tei:slo_seconds", "bge", "production"] == "vector(0.25)"
    assert found["baseten_tei:slo_seconds", "go-emotions", "production"] == "vector(0.9)"


def test_an_emulators_models_are_scraped_from_the_emulator(tmp_path: Path) -> None:
    text = GOLDEN.read_text().replace("https://model-", "http://127.0.0.1:8791/hosts/model-")
    (tmp_path / "outputs.json").write_text(text)
    assert (
        main(["operations", "--file", str(tmp_path / "outputs.json"), "--output", str(tmp_path)])
        == 0
    )
    (scrape,) = yaml.safe_load((tmp_path / "prometheus.yml").read_text())["scrape_configs"]
    assert (scrape["scheme"], scrape["static_configs"]) == (
        "http",
        [{"targets": ["127.0.0.1:8791"]}],
    )


def test_a_model_beside_another_is_watched_under_what_it_is() -> None:
    told = outputs()
    bge = told["models"]["bge"]
    served = {key: it for key, it in bge.items() if key not in ("environments", "task", "model_id")}
    served["autoscaling"] = bge["environments"]["production"]["autoscaling"]
    bge["spaces"] = {"current": served, "next": {**served, "baseten_id": "next1"}}
    found = {it.model: it for it in watch("live", parse_outputs(json.dumps(told)), {})}
    assert (found["bge.next"].model_id, found["bge.next"].environment) == ("next1", "production")
    assert found["bge"].model_id == BGE
    assert "bge.current" not in found


def without_environments() -> dict[str, Any]:
    told: dict[str, Any] = deepcopy(TOLD)
    del told["models"]["bge"]["environments"]
    return told


@pytest.mark.parametrize(
    ("told", "more", "said"),
    [
        (TOLD, ("--slo-ms", "fast"), "--slo-ms 'fast' is not a number of milliseconds: write e.g."),
        (TOLD, ("--slo-ms", "bge=0"), "--slo-ms 'bge=0' is not a number of milliseconds"),
        (TOLD, ("--slo-ms", "bgee=5"), "the stack has no model 'bgee'. Perhaps you meant 'bge'?"),
        (without_environments(), (), "model 'bge': these outputs do not list its environments"),
        ({**TOLD, "models": {}}, (), "the stack has no models, so there is nothing to watch"),
    ],
)
def test_what_cannot_be_watched_is_told_in_one_line(
    told: dict[str, Any],
    more: tuple[str, ...],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps(told))
    assert main(["operations", "--file", str(tmp_path / "outputs.json"), *more]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
