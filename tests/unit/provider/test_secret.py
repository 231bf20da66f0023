"""A secret resource: stored once, told apart by a fingerprint, never shown, never taken from others."""

import json
from typing import Any

import pytest

from baseten_tei.baseten.versions import Serving
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import UNKNOWN, Live
from baseten_tei.provider.resources.secret import SecretResource
from tests.support.fakes import AUTOSCALING, FakeApi, version

VALUE = "hf_" + "c4N" * 11
NAMED = {"name": "hf_access_key", "project": "proj", "stack": "dev"}
GIVEN = {**NAMED, "value": VALUE}
FROM_ENV = {**NAMED, "from_env": "HF_TOKEN"}
NEWER = VALUE + "x"


class Warnings(list[str]):
    """What was warned of."""


def secret(
    api: FakeApi | None = None,
    environ: dict[str, str] | None = None,
    warnings: Warnings | None = None,
) -> SecretResource:
    warned = warnings if warnings is not None else Warnings()
    return SecretResource(api or FakeApi(), warned.append, environ or {})  # type: ignore[arg-type] # a duck


def stored(api: FakeApi | None = None, **more: Any) -> dict[str, Any]:
    return secret(api).create({**GIVEN, **more})[1]


# --- storing


def test_a_secret_is_stored_and_its_value_is_in_no_output() -> None:
    api = FakeApi()
    resource_id, state = secret(api).create(GIVEN)
    assert (resource_id, state["made_here"], state["generation"]) == ("hf_access_key", True, "1")
    assert api.secrets == {"hf_access_key": VALUE}
    newer = {**GIVEN, "value": NEWER}
    outputs = [
        state,
        secret(api).plan(GIVEN, None),
        secret(api).plan(newer, state),
        secret(api).update(resource_id, state, newer),
        secret(api).read(resource_id, {}, state).state,
    ]
    assert VALUE not in json.dumps(outputs)


def test_a_fingerprint_tells_a_new_value_and_is_salted() -> None:
    one, two = stored(), stored()
    assert one["fingerprint"] != two["fingerprint"]
    assert secret().diff(one, GIVEN).paths == ()
    assert secret().diff(one, {**GIVEN, "value": NEWER}).paths == ("value",)


@pytest.mark.parametrize("change", [{"name": "other"}, {"team": "search"}])
def test_another_name_or_team_replaces_a_secret(change: dict[str, str]) -> None:
    [key] = change
    found = secret().diff(stored(), {**GIVEN, **change})
    assert (found.paths, found.replaces) == ((key,), (key,))


def test_a_secret_that_was_there_is_overwritten_under_its_own_name() -> None:
    """Baseten takes `hf-access-key` and `hf_access_key` for one name."""
    api = FakeApi(secrets={"hf-access-key": "old"})
    assert stored(api)["made_here"] is False
    assert api.secrets == {"hf-access-key": VALUE}


def test_a_secret_of_a_team_is_named_with_it() -> None:
    api = FakeApi()
    assert secret(api).create({**GIVEN, "team": "search"})[0] == "search/hf_access_key"
    assert api.calls == [("upsert_secret", "hf_access_key", "search")]


def test_another_name_of_the_stack_is_no_change_and_the_next_one_writes_it_down() -> None:
    api, state = FakeApi(), stored()
    moved = {**GIVEN, "stack": "prod", "state_id": "st-0123456789"}
    assert secret(api).diff(state, moved).paths == ()
    written = {"stack": "prod", "state_id": "st-0123456789", "known_as": ["proj/dev"]}
    assert secret(api).update("hf_access_key", state, moved) == {**state, **written}
    assert api.calls == []


class Echoing(FakeApi):
    """Refuses each value, in words that hold it."""

    def upsert_secret(self, name: str, value: str, team: str | None) -> None:
        del name, team
        raise UserError(f"Baseten answered 400: value {value!r} is too short")


def test_no_error_holds_the_value() -> None:
    with pytest.raises(UserError, match=r"^Baseten answered 400: value '\[secret\]'") as caught:
        secret(Echoing()).create({**GIVEN, "value": "s3cret-value"})
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", [None, "", 7, {"a": 1}], ids=str)
def test_what_is_no_text_is_no_value(value: object) -> None:
    with pytest.raises(UserError, match="has no value: give it a text as value, or the name"):
        secret().create({**NAMED, **({} if value is None else {"value": value})})


# --- the generation counts values


def test_a_new_value_is_counted_once_and_at_preview_already() -> None:
    state, newer = stored(), {**GIVEN, "value": NEWER}
    assert secret().plan(newer, state)[1]["generation"] == "2"
    updated = secret().update("hf_access_key", state, newer)
    assert updated["generation"] == "2"
    assert secret().plan(newer, updated) == ("hf_access_key", updated)
    assert secret().update("hf_access_key", updated, newer) == updated


def test_a_first_preview_knows_the_generation() -> None:
    _, state = secret().plan(GIVEN, None)
    assert state == {
        **NAMED, "fingerprint": UNKNOWN, "made_here": UNKNOWN, "generation": "1",
    }  # fmt: skip


def test_a_value_that_only_the_update_will_know_may_be_a_new_one() -> None:
    state, later = stored(), {**GIVEN, "value": UNKNOWN}
    assert secret().diff(state, later).paths == ("value",)
    assert secret().plan(later, state)[1]["generation"] == UNKNOWN


# --- from_env


def test_a_variable_is_read_by_the_provider_and_only_a_fingerprint_stays() -> None:
    api = FakeApi()
    _, state = secret(api, {"HF_TOKEN": f"{VALUE}\n"}).create(FROM_ENV)
    assert api.secrets == {"hf_access_key": VALUE}
    assert VALUE not in json.dumps(state)
    assert secret(api, {"HF_TOKEN": VALUE}).diff(state, FROM_ENV).paths == ()
    assert secret(api, {"HF_TOKEN": NEWER}).diff(state, FROM_ENV).paths == ("from_env",)


def test_a_value_that_moves_into_a_variable_is_no_change() -> None:
    assert secret(environ={"HF_TOKEN": VALUE}).diff(stored(), FROM_ENV).paths == ()


@pytest.mark.parametrize("environ", [{}, {"HF_TOKEN": "  "}])
def test_a_preview_without_the_variable_shows_no_change(environ: dict[str, str]) -> None:
    state = stored()
    assert secret(environ=environ).diff(state, FROM_ENV).paths == ()
    assert secret(environ=environ).plan(FROM_ENV, state)[1] == state


@pytest.mark.parametrize("source", ["value", "from_env"])
def test_a_token_of_two_lines_is_named_and_not_shown(source: str) -> None:
    inputs = {**NAMED, source: "HF_TOKEN" if source == "from_env" else f"{VALUE}\nmore"}
    with pytest.raises(UserError, match="holds a line break") as caught:
        secret(environ={"HF_TOKEN": f"{VALUE}\nmore\n"}).create(inputs)
    assert VALUE not in str(caught.value)


def test_a_store_without_the_variable_names_it() -> None:
    told = (
        r"^secret 'hf_access_key': environment variable HF_TOKEN is not set: "
        r"type export HF_TOKEN=<the value>, then `pulumi up`$"
    )
    api = FakeApi()
    with pytest.raises(UserError, match=told):
        secret(api).create(FROM_ENV)
    with pytest.raises(UserError, match=told):
        secret(api).update("hf_access_key", {**stored(), "missing": True}, FROM_ENV)
    assert api.calls == []


# --- refresh and import


def test_a_secret_deleted_by_hand_is_stored_again_and_that_is_no_new_value() -> None:
    api = FakeApi()
    resource_id, state = secret(api).create(GIVEN)
    api.secrets.clear()
    live = secret(api).read(resource_id, GIVEN, state)
    assert live.state == {**state, "missing": True}
    assert secret(api).diff(live.state, GIVEN).paths == ("value",)
    mended = secret(api).update(resource_id, live.state, GIVEN)
    assert api.secrets == {"hf_access_key": VALUE}
    assert mended == state


def test_a_drift_is_shown_where_the_variable_is_absent_too() -> None:
    assert secret().diff({**stored(), "missing": True}, FROM_ENV).paths == ("from_env",)


def test_a_secret_that_came_back_is_no_drift() -> None:
    api = FakeApi(secrets={"hf-access-key": "?"})
    state = stored()
    live = secret(api).read("hf_access_key", GIVEN, {**state, "missing": True})
    assert live == Live("hf_access_key", GIVEN, state)


@pytest.mark.parametrize(
    ("resource_id", "named"),
    [
        ("hf_access_key", {"name": "hf_access_key"}),
        ("search/hf_access_key", {"name": "hf_access_key", "team": "search"}),
    ],
)
def test_an_imported_secret_is_stored_once_and_is_not_ours_to_delete(
    resource_id: str, named: dict[str, str]
) -> None:
    api = FakeApi(secrets={"hf_access_key": "?"})
    live = secret(api).read(resource_id, {}, {})
    assert live.inputs == named
    inputs = {**GIVEN, **named}
    assert secret(api).diff(live.state, inputs).paths == ("value",)
    state = secret(api).update(resource_id, live.state, inputs)
    assert (api.secrets["hf_access_key"], state["generation"]) == (VALUE, "1")
    assert secret(api).diff(state, inputs).paths == ()
    secret(api).delete(resource_id, state)
    assert api.secrets == {"hf_access_key": VALUE}


def test_an_imported_secret_is_no_change_where_its_variable_is_absent() -> None:
    live = secret(FakeApi(secrets={"hf_access_key": "?"})).read("hf_access_key", {}, {})
    assert secret().diff(live.state, FROM_ENV).paths == ()


def test_a_secret_that_is_not_there_cannot_be_imported() -> None:
    assert secret().read("hf_access_key", {}, {}) == Live()


# --- deletion


def test_a_secret_of_ours_is_deleted_with_the_stack_and_one_that_is_gone_is_no_error() -> None:
    api = FakeApi(models={})
    state = stored(api, team="search")
    secret(api).delete("search/hf_access_key", state)
    assert api.secrets == {}
    secret(api).delete("search/hf_access_key", state)
    assert api.calls[1:] == [("delete_secret", "hf_access_key", "search")]


def test_a_secret_that_was_there_before_is_never_deleted() -> None:
    api = FakeApi(models={}, secrets={"hf_access_key": "old"})
    secret(api).delete("hf_access_key", stored(api))
    assert "hf_access_key" in api.secrets


def used_by(owner: tuple[str, str] | None, config: dict[str, Any], **more: Any) -> FakeApi:
    """A workspace with one model, whose production serves a deployment of this owner and config."""
    current = version("d9", owner=owner, **more)
    return FakeApi(
        models={"their-model": "m9"},
        deployments={"d9": current},
        environments={"production": Serving("production", current, AUTOSCALING)},
        configs={"d9": config},
    )


READS = {"secrets": {"hf-access-key": None}}


@pytest.mark.parametrize("owner", [None, ("proj", "other"), ("other", "dev")])
def test_a_secret_that_a_model_outside_the_stack_reads_is_kept_with_a_warning(
    owner: tuple[str, str] | None,
) -> None:
    api, warnings = used_by(owner, READS), Warnings()
    state = stored(api)
    secret(api, warnings=warnings).delete("hf_access_key", state)
    assert api.secrets == {"hf_access_key": VALUE}
    assert warnings == [
        "secret 'hf_access_key' is kept on Baseten, because model 'their-model', which this stack did not "
        "push, reads it: delete it there once it may go"
    ]


@pytest.mark.parametrize(
    "api",
    [
        used_by(("proj", "dev"), READS),
        used_by(None, {"secrets": {"another": None}}),
        used_by(None, {"secrets": None}),
        used_by(None, {}),
    ],
    ids=["this stack's", "another secret", "no secrets", "no config"],
)
def test_a_secret_that_nobody_else_reads_is_deleted_without_a_warning(api: FakeApi) -> None:
    warnings = Warnings()
    secret(api, warnings=warnings).delete("hf_access_key", stored(api))
    assert api.secrets == {}
    assert warnings == []


def test_a_development_deployment_and_one_on_its_way_read_secrets_too() -> None:
    draft = used_by(None, READS, is_development=True)
    draft.served = {}
    promoted = used_by(None, {})
    candidate = version("d10", owner=None)
    promoted.configs["d10"] = READS
    promoted.served["production"] = Serving("production", None, {}, candidate=candidate)
    for api in (draft, promoted):
        secret(api).delete("hf_access_key", stored(api))
        assert api.secrets == {"hf_access_key": VALUE}


class Deaf(FakeApi):
    """Does not say which models there are."""

    def models(self, team: str | None) -> Any:
        raise UserError(f"Baseten answered 403 for {team}")


def test_a_secret_whose_readers_cannot_be_seen_is_kept_with_a_warning() -> None:
    api, warnings = Deaf(), Warnings()
    secret(api, warnings=warnings).delete("hf_access_key", stored(api))
    assert api.secrets == {"hf_access_key": VALUE}
    assert "could not be seen whether another model reads it (Baseten answered 403" in warnings[0]
