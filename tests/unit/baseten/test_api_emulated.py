"""The management API against the embedded emulator, in process: each change takes effect once, whatever fails.

The emulator carries a call out before its fault (`when: after`) or not at all; how often a call took effect is
read from the emulator's state, not from what the client believes.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baseten_tei.baseten.api import NotFoundError
from baseten_tei.baseten.remote_keys import WantedKey
from baseten_tei.baseten.usage import Billed
from baseten_tei.baseten.versions import EnvironmentSettings
from baseten_tei.errors import UserError
from tests.unit.baseten.emulated_api import CONFIG, KEY, Emulated

SETTINGS = EnvironmentSettings({"max_replica": 3}, {"rolling_deploy": False}, "REJECT_ON_FULL")


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> Emulated:
    return Emulated(monkeypatch)


def test_the_bill_and_the_metrics_say_what_was_up(emulated: Emulated) -> None:
    settings = EnvironmentSettings({"min_replica": 2, "max_replica": 2})
    emulated.api.update_environment(emulated.model, "production", settings)
    emulated.send("POST", "/_emulator/clock", {"advance_seconds": 2 * 24 * 3600})
    now = datetime.fromtimestamp(emulated.app.world.now(), UTC).replace(second=0)
    bill = emulated.api.billed(now - timedelta(days=1), now)
    assert bill == [
        Billed(emulated.first, emulated.model, "bge", "production", "L4:4x16", 2 * 24 * 60)
    ]
    series = emulated.api.replica_series(emulated.model, "production", now - timedelta(days=1), now)
    assert (series.step_seconds, series.replicas) == (24 * 60, (2.0,) * 60)
    [model] = emulated.api.models(None)
    assert now - datetime.fromisoformat(model.created_at) == timedelta(days=2)


LOST = [
    ("reset", {"when": "before"}), ("reset", {"when": "after"}),
    ("bad_gateway", {"when": "before"}), ("bad_gateway", {"when": "after"}),
    ("server_error", {"when": "after"}), ("unavailable", {"when": "before"}),
    ("truncated", {}), ("rate_limited", {}),
]  # fmt: skip
each_loss = pytest.mark.parametrize(("fault", "options"), LOST, ids=str)


@each_loss
def test_a_promotion_is_made_once(emulated: Emulated, fault: str, options: Any) -> None:
    emulated.fault(fault, **options)
    emulated.api.promote(emulated.model, "production", emulated.second, SETTINGS)
    emulated.pass_time()
    found = emulated.api.serving(emulated.model, "production")
    assert found
    assert found.current
    assert found.current.id == emulated.second
    assert found.autoscaling["max_replica"] == 3
    assert found.promotion["rolling_deploy"] is False
    assert found.request_backpressure == "REJECT_ON_FULL"
    assert len(emulated.api.versions(emulated.model)) == 2


@each_loss
def test_a_redeployment_makes_one_copy(emulated: Emulated, fault: str, options: Any) -> None:
    emulated.fault(fault, **options)
    emulated.api.promote(emulated.model, "production", emulated.first, SETTINGS, redeploy=True)
    assert len(emulated.api.versions(emulated.model)) == 3


@each_loss
def test_an_environment_is_created_once_with_its_settings(
    emulated: Emulated, fault: str, options: Any
) -> None:
    emulated.fault(fault, **options)
    emulated.api.create_environment(emulated.model, "staging", SETTINGS)
    found = {each.name: each for each in emulated.api.environments(emulated.model)}
    assert set(found) == {"production", "staging"}
    assert found["staging"].autoscaling["max_replica"] == 3


Delete = Callable[[Emulated], None]


@each_loss
@pytest.mark.parametrize(
    "delete",
    [
        lambda it: it.api.delete_version(it.model, it.second),
        lambda it: it.api.delete_model(it.model),
        lambda it: it.api.delete_secret("hf-access-key", None),
    ],
    ids=["deployment", "model", "secret"],
)
def test_what_is_deleted_is_gone_and_then_not_found(
    emulated: Emulated, delete: Delete, fault: str, options: Any
) -> None:
    emulated.api.upsert_secret("hf_access_key", "the-value", None)
    emulated.fault(fault, **options)
    delete(emulated)
    with pytest.raises(NotFoundError):
        delete(emulated)


@pytest.mark.parametrize("status", ["INACTIVE", "ACTIVE"])
def test_a_deployment_is_activated_whether_it_sleeps_or_not(
    emulated: Emulated, status: str
) -> None:
    path = f"/v1/models/{emulated.model}/deployments/{emulated.second}"
    if status == "INACTIVE":
        emulated.send("POST", f"{path}/deactivate")
        emulated.pass_time()
    assert emulated.api.version(emulated.model, emulated.second).status == status
    emulated.fault("reset", when="after")
    emulated.api.activate(emulated.model, emulated.second)
    emulated.pass_time()
    assert emulated.api.version(emulated.model, emulated.second).status == "ACTIVE"


def test_the_deployed_config_is_read_back(emulated: Emulated) -> None:
    config = emulated.api.config(emulated.model, emulated.second)
    assert CONFIG["docker_server"].items() <= config["docker_server"].items()


def test_teams_hold_models_and_secrets_apart(emulated: Emulated) -> None:
    emulated.api.upsert_secret("hf_access_key", "the-value", "ads")
    [ads] = [team for team in emulated.api.teams if team.name == "ads"]
    assert emulated.api.find_secret("hf-access-key", ads.id) == "hf_access_key"
    assert emulated.api.find_secret("hf-access-key", "default") is None
    assert emulated.api.find_model("bge", "default") == emulated.model
    assert emulated.api.find_model("bge", ads.id) is None


def test_traffic_that_somebody_routes_is_a_sentence_and_an_environment_without_it_says_nothing(
    emulated: Emulated,
) -> None:
    def routed(**rule: Any) -> str | None:
        emulated.send(
            "POST", "/_emulator/deeds", {"deed": "route_traffic", "model": "bge", "change": rule}
        )
        serving = emulated.api.serving(emulated.model, "production")
        return serving.further.get("traffic_routing") if serving else "no environment"

    moment = "2027-02-01 18:00 UTC"
    rule = {"percent_traffic": 25, "expires_at": "2027-02-01T18:00:00Z"}
    target = {"model_id": emulated.model}
    to_staging, to_version = {**target, "environment": "staging"}, {**target, "deployment_id": "d7"}
    assert routed() is None
    assert routed(**rule, targets=[to_staging]) == (
        f"25 % of the requests are copied to environment 'staging' of model {emulated.model} until {moment}"
    )
    assert routed(**rule, targets=[to_version], type="CANARY") == (
        f"25 % of the requests are routed (CANARY) to deployment d7 of model {emulated.model} until {moment}"
    )
    assert "copied to a target that was deleted" in str(routed(**rule, targets=[]))


# --- startups


def test_a_startup_is_read_with_its_phases_and_a_wait_can_be_ended(emulated: Emulated) -> None:
    now = emulated.clock.now()
    ready = emulated.api.startup(emulated.model, emulated.second, now)
    assert ready is not None
    assert (ready.outcome, ready.lacks_machine, ready.seconds) == ("SUCCESS", False, 2.0)
    assert ready.phases[0].name == "SCHEDULING"
    emulated.fault("no_capacity", gpu="L4")
    source = {"kind": "model_archive", "deployment": {"config": CONFIG}}
    path = f"/v1/models/{emulated.model}/deployments"
    third = emulated.send("POST", path, {"source": source})["deployment"]["id"]
    assert emulated.api.startup(emulated.model, third, now) is None
    emulated.pass_time()
    waits = emulated.api.startup(emulated.model, third, now)
    assert waits is not None
    assert waits.lacks_machine
    emulated.api.deactivate(emulated.model, third)
    assert emulated.api.version(emulated.model, third).status in ("DEACTIVATING", "INACTIVE")


# --- API keys

WANTED = WantedKey("search-1", "WORKSPACE_INVOKE")
LOST = ("hang_up", "server_error", "truncated", "bad_gateway")


def _keys(emulated: Emulated) -> list[str]:
    """The prefixes of the keys that were made."""
    keys = emulated.send("GET", "/v1/api_keys")["keys"]
    return [it["prefix"] for it in keys if it["prefix"] != "emulator"]


@pytest.mark.parametrize("fault", LOST)
def test_a_key_whose_answer_was_lost_is_not_left_over(emulated: Emulated, fault: str) -> None:
    other = emulated.api.create_api_key(WantedKey("ads-1", "WORKSPACE_INVOKE"))
    emulated.fault(fault, when="after") if fault != "truncated" else emulated.fault(fault)
    key = emulated.api.create_api_key(WANTED)
    assert _keys(emulated) == [other.partition(".")[0], key.partition(".")[0]]


def test_a_key_that_stays_unanswered_is_deleted_and_not_told(emulated: Emulated) -> None:
    emulated.fault("truncated", path="^POST /v1/", calls=4)
    with pytest.raises(UserError) as refused:
        emulated.api.create_api_key(WANTED)
    assert _keys(emulated) == []
    told = (refused.value, refused.value.__cause__, refused.value.__context__)
    assert [str(it) for it in told[1:]] == ["None", "None"]
    assert "breaks off" in str(told[0])


def test_a_refused_key_says_why(emulated: Emulated) -> None:
    with pytest.raises(UserError, match='model "gone" does not exist'):
        emulated.api.create_api_key(WantedKey("search-1", "WORKSPACE_INVOKE", ("gone",)))


def test_a_key_is_listed_and_deleted(emulated: Emulated) -> None:
    ads = WantedKey("search-1", "WORKSPACE_INVOKE", (emulated.model,), "default")
    prefix = emulated.api.create_api_key(ads).partition(".")[0]
    found = {it.prefix: it for it in emulated.api.api_keys()}[prefix]
    assert (found.name, found.model_ids, found.team) == ("search-1", (emulated.model,), "default")
    emulated.api.delete_api_key(prefix)
    assert (_keys(emulated), emulated.api.own_prefix()) == ([], KEY)
    with pytest.raises(NotFoundError):
        emulated.api.delete_api_key(prefix)


# --- renaming and regions


@pytest.mark.parametrize("fault", LOST)
def test_a_model_is_renamed_once_whatever_becomes_of_the_answer(
    emulated: Emulated, fault: str
) -> None:
    emulated.fault(fault, **({} if fault == "truncated" else {"when": "after"}))
    emulated.api.rename_model(emulated.model, "search", None)
    assert emulated.api.find_model("search", None) == emulated.model
    events = emulated.send("GET", "/v1/audit_logs")["items"]
    assert [it["event_type"] for it in events].count("MODEL_RENAMED") == 1


def test_a_name_that_is_taken_is_refused_in_basetens_words(emulated: Emulated) -> None:
    source = {"kind": "model_archive", "deployment": {"config": CONFIG}, "name": "taken"}
    emulated.send("POST", "/v1/models", {"source": source})
    with pytest.raises(UserError, match="already exists"):
        emulated.api.rename_model(emulated.model, "taken", None)


@pytest.mark.parametrize("fault", ["hang_up", "server_error"])
def test_a_version_moves_to_a_region_once_whatever_becomes_of_the_answer(
    emulated: Emulated, fault: str
) -> None:
    assert emulated.api.regions(None) == emulated.api.regions("ads") == ["us", "eu"]
    emulated.fault(fault, when="after")
    emulated.api.promote(emulated.model, "production", emulated.first, SETTINGS, region="eu")
    emulated.pass_time()
    serving = emulated.api.serving(emulated.model, "production")
    assert serving is not None
    assert serving.current is not None
    assert (serving.current.region, serving.current.id != emulated.first) == ("eu", True)
    assert len(emulated.api.versions(emulated.model)) == 3
