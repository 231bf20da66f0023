"""Scratch models: what they are called and carry, and that nothing else is ever deleted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.baseten.versions import Version
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.sizes.sizing import size_spec
from baseten_tei.errors import UserError
from baseten_tei.operations.diagnosis import LiveModel, find_disorder
from baseten_tei.operations.tuning.scratch_client import _check_settings, delete_leftovers
from baseten_tei.operations.tuning.scratch_names import LABEL, scratch_name
from baseten_tei.operations.tuning.search import Probe
from baseten_tei.operations.tuning.settings_point import SettingsPoint
from baseten_tei.operations.tuning.tuning_client import Tuning
from baseten_tei.operations.tuning.tuning_plan import TuningPlan
from baseten_tei.project.stack import Workspace
from baseten_tei.project.state import State
from tests.support.fakes import FakeApi, version
from tests.support.specs import spec
from tests.unit.operations.test_tuning import summary

POINT = SettingsPoint(16384, 32, 8, 3)
LEFT = "bge-tune-16384-32-8-3"
STACK = """\
config:
  baseten:target: http://127.0.0.1:9
  baseten-tei:models:
    bge: {task: embedding, model_id: BAAI/bge-base-en-v1.5}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: proj\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    return tmp_path


def workspace(root: Path, api: FakeApi) -> Workspace:
    made = Workspace(root, "dev")
    vars(made)["api"] = api  # a cached property's own place
    return made


def scratch(deployment_id: str, of: str = "bge", **more: Any) -> Version:
    made = version(deployment_id, **more)
    return replace(made, labels={**made.labels, LABEL: of})


def test_a_name_says_what_it_is_and_fits_baseten() -> None:
    assert scratch_name("bge", spec(), POINT) == LEFT
    long = scratch_name("bge", spec(model_name="m" * 64), POINT)
    assert len(long) == 64
    assert long.endswith("-tune-16384-32-8-3")


def test_what_a_killed_run_left_is_deleted_and_nothing_else(project: Path) -> None:
    api = FakeApi(
        models={LEFT: "m1", "bge": "m2", "other-tune-1-2-3-4": "m3", "x-tune-1-2-3-4": "m4", "y-tune-1-2-3-4": "m5"},
        deployments={
            "d1": scratch("d1"),
            "d2": scratch("d2"),  # by its name it serves
            "d3": version("d3"),  # ours, and not made by a tuning
            "d4": scratch("d4", owner=("proj", "prod")),  # another stack's
            "d5": scratch("d5"),
            "d6": version("d6", owner=None),  # somebody pushed into a scratch model of ours
        },
        of_model={"d1": "m1", "d2": "m2", "d3": "m3", "d4": "m4", "d5": "m5", "d6": "m5"},
    )  # fmt: skip
    assert delete_leftovers(workspace(project, api)) == [LEFT]
    assert api.calls == [("delete_model", "m1")]


def test_clean_says_what_it_deleted_and_that_nothing_was_there(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api = FakeApi(models={LEFT: "m1"}, deployments={"d1": scratch("d1")}, of_model={"d1": "m1"})
    monkeypatch.setattr(Workspace, "api", api)
    clean = ["tune", "--clean", "--root", str(project)]
    assert main([*clean, "--dry-run"]) == 0
    assert api.calls == []
    assert main(clean) == 0
    assert api.calls == [("delete_model", "m1")]
    monkeypatch.setattr(Workspace, "api", FakeApi(models={}))
    assert main(clean) == main([*clean, "bge"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"would delete {LEFT}, which an earlier run left behind",
        f"deleted {LEFT}, which an earlier run left behind",
        "stack 'dev': no run left anything of any model behind",
        "stack 'dev': no run left anything of model 'bge' behind",
    ]


def test_a_dry_run_says_what_would_be_tried_and_deploys_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Workspace, "api", None)
    assert main(["tune", "bge", "--probes", "4", "--dry-run", "--root", str(project)]) == 0
    said = capsys.readouterr().out
    assert "at most 4 probes and one curve, each a deployment on L4:4x16 at $" in said


def test_a_run_of_one_model_leaves_alone_those_of_another(project: Path) -> None:
    api = FakeApi(models={LEFT: "m1"}, deployments={"d1": scratch("d1", of="e5")})
    assert delete_leftovers(workspace(project, api), "bge") == []
    assert delete_leftovers(workspace(project, api), "e5") == [LEFT]


def test_the_doctor_knows_what_a_leftover_is_and_what_to_type() -> None:
    left = LiveModel("m1", LEFT, None, [scratch("d1")], [])
    [found] = find_disorder(State({}, frozenset(), ()), [left], Owner("proj", "dev"))
    assert found.kind == "scratch model"
    assert found.fix == "run `baseten-tei tune --clean --stack dev` to delete it"


def test_a_router_that_took_other_settings_is_no_measurement() -> None:
    info = {"max_batch_tokens": 8192, "max_client_batch_size": 32, "tokenization_workers": 3}
    with pytest.raises(UserError, match="reports max_batch_tokens 8192 instead of 16384"):
        _check_settings(info, POINT)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name the model to tune"),
        (["bgee"], "has no model 'bgee'. Perhaps you meant 'bge'?"),
        (["bge", "--peak", "5"], "--peak and --slo-ms go together"),
        (["bge", "--seconds", "0"], "Invalid value for '--seconds': 0.0 is not in the range x>0."),
        (
            ["bge", "--texts", "pasages"],
            "is neither a file nor one of short-queries, passages, mixed",
        ),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_deployed(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["tune", *arguments, "--root", str(project)]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_a_noisy_probe_recommends_nothing_and_keeps_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject("bge", size_spec(spec(), None))
    plan = TuningPlan("passages", 0, 30.0, 12, 0.03, 0, write=True)
    told: list[str] = []
    tuning = Tuning(workspace(project, FakeApi()), subject, None, ["a text"], plan, told.append)  # type: ignore[arg-type]  # nothing is deployed
    noisy = Probe(POINT, summary(9000.0, error=0.4))
    monkeypatch.setattr(Tuning, "_measure", lambda *_: noisy)
    with pytest.raises(UserError) as caught:
        tuning.run()
    assert caught.value.problems == (
        "model 'bge': nothing is recommended, since a probe was too noisy to compare (±80%): measure longer, e.g. "
        "--seconds 90",
    )
    assert {it.name for it in project.iterdir()} == {"Pulumi.yaml", "Pulumi.dev.yaml"}
    assert (project / "Pulumi.dev.yaml").read_text() == STACK


def evidence() -> dict[str, Any]:
    summary = {
        "texts_per_second": 100.0, "tokens_per_second": 9000.0, "error": 0.01, "p50_ms": 80.0,
        "p95_ms": 120.0, "p99_ms": 150.0,
    }  # fmt: skip
    return {
        "model": "bge", "model_id": "BAAI/bge-base-en-v1.5", "tei_version": "1.8.3", "gain": 0.2,
        "instance_type": "L4:4x16", "where": "an emulator", "date": "2026-11-26", "texts": "<passages>",
        "machine": "a machine", "baseline": vars(POINT), "recommended": vars(POINT),
        "probes": [{**vars(POINT), "failed": "", "summary": summary}],
        "curve": [{"in_flight": n, "summary": summary} for n in (1, 8, 0)],
    }  # fmt: skip


def test_an_emulators_figures_are_named_and_price_nothing() -> None:
    pytest.importorskip("matplotlib")
    from matplotlib import pyplot

    from baseten_tei.operations.tuning import charts
    from baseten_tei.operations.tuning.prediction import predict

    likely = predict("L4", 10**8, [], {})
    assert likely is not None
    for where, priced in (("an emulator", False), ("https://api.baseten.co", True)):
        figure, axes = pyplot.subplots()
        charts.draw_cost(axes, {**evidence(), "where": where}, {"L4": likely})
        keys = [text.get_text() for text in figure.legends[0].get_texts()]
        assert (f"measured on {where}" in keys) is priced
        title = figure.get_suptitle()
        assert f"measured on {where}" in title
        assert ("not on a GPU" in title) is not priced
        pyplot.close(figure)


def test_a_curve_of_which_little_came_back_is_drawn(tmp_path: Path) -> None:
    """A load without an answer has no latency, and there may be no open loops."""
    pytest.importorskip("matplotlib")
    from baseten_tei.operations.tuning.plot_files import draw_charts

    told = evidence()
    [first, second, _] = told["curve"]
    nothing = {**first["summary"], "p50_ms": None, "p95_ms": None, "p99_ms": None}
    for curve in ([{**first, "summary": nothing}, second], [{**first, "summary": nothing}]):
        assert list(draw_charts(tmp_path / "run", {**told, "curve": curve}, {}, None))


def test_pictures_and_a_page_that_needs_nothing_else_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from baseten_tei.operations.tuning.derive_autoscaling import Wish
    from baseten_tei.operations.tuning.plot_files import draw_charts
    from baseten_tei.operations.tuning.prediction import predict

    likely = predict("L4", 10**8, [], {})
    assert likely is not None
    told = json.loads(json.dumps(evidence()))
    assert len(list(draw_charts(tmp_path / "run", told, {"L4": likely}, Wish(10.0, 200.0)))) == 1
    pictures = sorted(tmp_path.glob("*.png"))
    assert [it.name for it in pictures] == ["run-batch.png", "run-cost.png", "run-latency.png"]
    page = (tmp_path / "run.html").read_text()
    assert page.count('src="data:image/png;base64,') == 3
    assert "&lt;passages&gt;" in page
    assert "http" not in page
