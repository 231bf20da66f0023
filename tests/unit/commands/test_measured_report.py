"""`baseten-tei pr report --measured`: the bill of an account, which here is an emulator in process."""

import json
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from baseten_tei.__main__ import main
from baseten_tei.baseten.versions import EnvironmentSettings
from baseten_tei.commands.pr import report
from tests.support.previews import preview_text
from tests.support.specs import raw
from tests.unit.baseten.emulated_api import KEY, Emulated


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A project with a stack on a real account, whose model had two replicas for a day, and then three."""
    emulated = Emulated(monkeypatch)
    monkeypatch.setenv("BASETEN_API_KEY", KEY)
    for replicas in (2, 3):
        settings = EnvironmentSettings({"min_replica": replicas, "max_replica": 4})
        emulated.api.update_environment(emulated.model, "production", settings)
        emulated.send("POST", "/_emulator/clock", {"advance_seconds": 24 * 3600})
    now = datetime.fromtimestamp(emulated.app.world.now(), UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls.fromtimestamp((now + timedelta(days=1)).timestamp(), tz)

    monkeypatch.setattr(report, "datetime", Clock)
    told = {"bge": {"model_id": emulated.model}}
    models = {"bge": raw(autoscaling={"min_replica": 1, "max_replica": 4})}
    emulated.send("POST", "/_emulator/clock", {"advance_seconds": 24 * 3600})
    (tmp_path / "preview.json").write_text(
        preview_text(models, {**models, "new": raw()}, told=told)
    )
    (tmp_path / "Pulumi.yaml").write_text("name: baseten-tei\nruntime: python\n")
    (tmp_path / "Pulumi.production.yaml").write_text("config:\n  baseten:target: baseten\n")
    capsys.readouterr()
    return tmp_path


def shown(project: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    preview = ["--preview", f"production={project / 'preview.json'}"]
    main(["pr", "report", "--root", str(project), *preview, "--policy", policy(project), *more])
    told = capsys.readouterr()
    assert not told.err
    return told.out


def policy(project: Path) -> str:
    file = project / "policy.json"
    file.write_text('{"all": "disabled"}')
    return str(file)


def test_typical_is_what_the_bill_says_and_an_estimate_where_it_says_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 64 hours to midnight 24 had 2 replicas and 40 had 3; a spare version was up for its first 15 minutes."""
    text = shown(project, capsys, "--measured", "--prices", "account")
    assert "Prices: this account's, read on 2027-01-18, typical replicas as measured where" in text
    source = "Baseten's bill of 2027-01-15 08:00 to 2027-01-18 UTC: 10,093 replica minutes"
    assert f"bge: typical is 2.628 replicas on average, {source}" in text
    assert "new: typical is an estimate: the replicas kept up, at least one, for it is new" in text


def test_without_the_flag_nobody_asks_for_a_bill(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(shown(project, capsys, "--format", "json", "--prices", "listed"))
    assert found["version"] == 1
    [bge, new] = found["stacks"][0]["models"]
    assert "typical" not in bge
    assert bge["cost"]["after"]["typical"] == pytest.approx(619.332)
    assert new["cost"]["after"]["typical"] == pytest.approx(619.332)
    text = shown(project, capsys, "--month", "2026-02", "--format", "json", "--prices", "listed")
    cost = json.loads(text)["stacks"][0]["models"][0]["cost"]
    assert cost["after"]["typical"] == pytest.approx(28 * 24 * 60 * 0.01414)
