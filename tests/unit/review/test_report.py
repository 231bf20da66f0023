"""What a preview means, decided without an engine."""

import json
from typing import Any

import pytest

from baseten_tei.deployment.money.costs import LISTED, Prices
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.model_facts import ModelFacts, Weights
from baseten_tei.outputs.spaces.fingerprint import fingerprint
from baseten_tei.review.policies.policy_config import PolicyConfig, parse_policy_config
from baseten_tei.review.report.approval_marks import compute_marks
from baseten_tei.review.report.build import stack_report
from baseten_tei.review.report.engine_preview import parse_preview
from baseten_tei.review.report.knowledge import Knowledge
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import ChangeReport, ModelReport, StackReport
from baseten_tei.review.report.text_report import render_text
from baseten_tei.review.report.throughput import Measurement, parse_measurements
from tests.support.previews import preview_of, preview_text
from tests.support.specs import raw

COMMIT = "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"
OTHER = "b" * 40


def facts(revision: str = COMMIT, **more: Any) -> ModelFacts:
    known = {"model_type": "bert", "hidden_size": 768, "max_position_embeddings": 512}
    weights = Weights(format="safetensors", bytes=3 * 1024**3)
    given = {"model_id": "BAAI/bge-base-en-v1.5", "revision": revision, "commit": revision}
    return ModelFacts(**{**given, "source": "a test", "weights": weights, **known, **more})


def report(before: Any, after: Any, **more: Any) -> StackReport:
    known = more.pop("known", Knowledge(LISTED, PolicyConfig(), real_account=True))
    return stack_report("test", "a test", preview_of(before, after, **more), known)


def model(before: Any, after: Any, **more: Any) -> ModelReport:
    """The one model of a report."""
    return report(
        {"bge": before} if before else {}, {"bge": after} if after else {}, **more
    ).models[0]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, raw(), "created"),
        (raw(), None, "deleted"),
        (raw(on_removal="retain"), None, "forgotten"),
        (raw(), raw(max_batch_tokens=8192), "pushed"),
        (raw(), raw(labels={"team": "search"}), "pushed"),
        (raw(), raw(autoscaling={"max_replica": 2}), "settings only"),
        (raw(), raw(environments={"staging": {}}), "settings only"),
        (raw(), raw(), "unchanged"),
        (raw(), raw(silence={}), "unchanged"),
    ],
)
def test_each_change_has_one_word(before: Any, after: Any, kind: str) -> None:
    assert model(before, after).kind == kind


def test_the_fields_that_differ_are_named_with_both_values() -> None:
    found = model(raw(), raw(max_batch_tokens=8192, autoscaling={"min_replica": 1}))
    assert found.why == {"max_batch_tokens": "16384 → 8192", "autoscaling.min_replica": "0 → 1"}


def test_a_config_that_changes_by_itself_names_its_own_fields() -> None:
    """As after an upgrade of this package: the spec is the same, and what follows from it is not."""
    text = preview_text({"bge": raw()}, {"bge": raw()})
    steps = json.loads(text)["steps"]
    push = next(it for it in steps if it["urn"].endswith("bge-push"))
    push["op"] = "update"
    inputs = push["newState"]["inputs"]
    inputs["stdin"] = inputs["stdin"].replace(
        '"predict_concurrency": 32', '"predict_concurrency": 16'
    )
    found = stack_report(
        "test",
        "a test",
        parse_preview(json.dumps({"steps": steps})),
        Knowledge(LISTED, PolicyConfig()),
    )
    assert found.models[0].why == {"config.runtime.predict_concurrency": "32 → 16"}


def test_the_diff_is_that_of_the_reviewed_file() -> None:
    found = model(raw(), raw(max_batch_tokens=8192)).diff.splitlines()
    assert [line for line in found if line.startswith(("-", "+"))] == [
        line for line in found if "--max-batch-tokens=" in line
    ]
    assert model(raw(), raw(autoscaling={"max_replica": 2})).diff == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (raw(), raw(model_id="BAAI/bge-small-en-v1.5"), "embed the index again"),
        (raw(revision=COMMIT), raw(revision=OTHER), "embed the index again"),
        (raw(), raw(pooling="mean"), "pooling (default) → mean"),
        (raw(), raw(default_prompt="query: "), "default_prompt (default) → query: "),
        (raw(), raw(prompts={"document": "passage: "}), "prompts.document (default) → passage: "),
        (raw(), raw(environment="live"), "every URL is another"),
        (raw(environments={"staging": {}}), raw(), "environment staging goes"),
        (raw(max_client_batch_size=64), raw(), "max_client_batch_size 64 → 32"),
        (raw(), raw(extra_flags=["--payload-limit=1000"]), "payload_limit_bytes 2000000 → 1000"),
        (raw(), raw(auto_truncate=False), "auto_truncate true → false"),
        (raw(), raw(tei_version="1.9.3"), "422 instead of 413"),
        (raw(), None, "every URL of it stops answering"),
    ],
)  # fmt: skip
def test_what_breaks_callers_is_a_red_line(before: Any, after: Any, said: str) -> None:
    assert any(said in text for text in model(before, after).breaks)


@pytest.mark.parametrize(
    "more",
    [
        {"autoscaling": {"max_replica": 3}},
        {"max_batch_tokens": 8192},
        {"accelerator": "A10G"},
        {"max_client_batch_size": 64},
        {"dtype": "float32"},
        {"prompts": {"query": "query: "}},
        {"served_model_name": "x", "tei_version": "1.9.3"},
    ],
)
def test_what_callers_only_notice_is_none(more: dict[str, Any]) -> None:
    before = raw(tei_version=more.get("tei_version", "1.8.3"))
    assert model(before, raw(**more)).breaks == ()


def test_another_dimension_is_told_from_the_live_router_and_the_lock() -> None:
    large = facts(model_id="BAAI/bge-large-en-v1.5", hidden_size=1024)
    lock = {(large.model_id, COMMIT): large}
    known = Knowledge(LISTED, PolicyConfig(), lock=lock)
    after = raw(model_id="BAAI/bge-large-en-v1.5", revision=COMMIT)
    told = {"bge": {"dimensions": 768.0, "max_input_length": 1024.0}}
    found = model(raw(), after, told=told, lock=lock, known=known).breaks
    assert any(text.startswith("dimensions 768 → 1024") for text in found)
    assert any(text.startswith("max_input_length 1024 → 512") for text in found)


def test_another_name_on_baseten_breaks_nobody() -> None:
    found = model(raw(), raw(model_name="other"))
    assert found.breaks == ()
    assert "model_name bge → other: renamed on Baseten; its id and its URLs stay" in found.notices


def test_a_model_that_only_gets_another_name_is_renamed_though_its_push_step_is_updated() -> None:
    document = json.loads(preview_text({"bge": raw()}, {"bge": raw()}))
    for step in document["steps"]:
        if step["urn"].endswith(("bge-model", "bge-push", "bge-production")):
            step["op"] = "update"
            inputs = step["newState"]["inputs"] = json.loads(json.dumps(step["newState"]["inputs"]))
            inputs |= {key: "other" for key in ("name", "model") if key in inputs}
    preview = parse_preview(json.dumps(document))
    found = stack_report("test", "a test", preview, Knowledge(LISTED, PolicyConfig()))
    assert [it.kind for it in found.models] == ["renamed"]


def test_a_new_name_on_baseten_is_told_with_what_keeps_the_old_one() -> None:
    found = report({"bge": raw()}, {"search": raw()})
    [gone] = [it for it in found.models if it.kind == "deleted"]
    assert "is renamed to search" in gone.breaks[0]
    assert "search: {model_name: bge}" in gone.breaks[0]


def test_a_new_name_of_the_same_model_breaks_nobody() -> None:
    named = raw(model_name="bge-on-baseten")
    [found] = report({"bge": named}, {"search": named}).models
    assert (found.name, found.kind, found.breaks) == ("search", "renamed", ())
    assert found.traffic == (
        "it was bge, and is the same model on Baseten: nothing is pushed, URLs stay",
    )
    assert found.cost.before == found.cost.after


def test_a_new_name_of_the_same_model_with_another_config_is_a_push() -> None:
    named = raw(model_name="bge-on-baseten")
    [found] = report({"bge": named}, {"search": {**named, "max_batch_tokens": 8192}}).models
    assert found.kind == "pushed"
    assert found.why == {"max_batch_tokens": "16384 → 8192"}


def test_traffic_is_told_in_its_order() -> None:
    promotion = {
        "rolling_deploy": True,
        "rolling_deploy_config": {"max_surge_percent": 25},
        "promotion_cleanup_strategy": "KEEP",
    }
    after = raw(max_batch_tokens=8192, environments={"staging": {}}, promotion=promotion)
    told = model(raw(), after).traffic
    assert [line.split(" ")[0] for line in told[:4]] == ["version", "it", "staging", "production"]
    assert (
        told[3]
        == "production takes it over replica by replica (max_surge_percent 25); the version before: KEEP"
    )


def test_scaling_to_zero_says_what_a_cold_start_loads() -> None:
    lock = {("BAAI/bge-base-en-v1.5", COMMIT): facts()}
    known = Knowledge(LISTED, PolicyConfig(), lock=lock)
    awake, asleep = raw(revision=COMMIT, autoscaling={"min_replica": 1}), raw(revision=COMMIT)
    told = model(awake, asleep, lock=lock, known=known).traffic
    assert any("scales to zero after 900 s" in it and "3.0 GiB of weights" in it for it in told)
    assert any("no longer scales to zero" in it for it in model(asleep, awake, known=known).traffic)


def test_a_protected_model_that_goes_says_that_pulumi_will_refuse() -> None:
    assert any("Pulumi will refuse" in it for it in model(raw(), None, protect=True).traffic)


def test_a_pinned_model_pushes_nothing() -> None:
    told = model(raw(), raw(deployment="previous")).traffic
    assert "production serves previous (pinned)" in told


HERE, ELSEWHERE = fingerprint([(1.0, 0.0, 2.0)]), fingerprint([(0.0, 1.0, 0.0)])


def pin(before: Any, after: Any, **state: Any) -> ModelReport:
    """The report of a model in whose environment `d1` serves, and `d0` served before it."""
    spaces = {"d0": {"digest": "old", "fingerprint": ELSEWHERE}}
    told = {
        "deployment_id": "d1", "previous_deployment_id": "d0", "fingerprint": HERE,
        "spaces": spaces, **state,
    }  # fmt: skip
    return model(before, after, told={"bge": told})


def test_a_pin_says_that_it_moves_the_embedding_space_and_that_callers_break() -> None:
    [line] = pin(raw(), raw(deployment="previous")).breaks
    assert "environment production: the version of `deployment: previous` is in another" in line
    [line] = pin(raw(), raw(deployment="d7")).breaks
    assert "may be in another embedding space than what serves now, which is not known" in line
    same = pin(raw(), raw(deployment="d0"), fingerprint=ELSEWHERE)
    assert same.breaks == ()
    assert any("stored vectors stay comparable" in line for line in same.notices)


def test_what_else_changes_in_a_pinned_spec_breaks_nobody() -> None:
    pinned = raw(deployment="d1")
    told = pin(pinned, {**pinned, "model_id": "a/other", "max_client_batch_size": 4})
    assert (told.breaks, told.notices) == ((), ())


def test_removing_a_pin_compares_the_spec_with_what_the_pinned_version_was_pushed_with() -> None:
    pushed = json.dumps({**raw(), "model_id": "a/other"})
    told = pin(raw(deployment="d1"), raw(), pinned_spec=pushed).breaks
    assert any(line.startswith("model_id a/other → BAAI/bge-base-en-v1.5") for line in told)
    assert any("may be in another embedding space" in line for line in told)
    unknown = pin(raw(deployment="d1", model_id="a/x"), raw(), pinned_spec="").breaks
    assert [line for line in unknown if line.startswith("model_id")] == []


def test_drift_is_told_by_field() -> None:
    told = {"bge": {"drift": {"deployment": "d2 serves, not d1"}}}
    assert model(raw(), raw(), told=told).drift == {"production: deployment": "d2 serves, not d1"}


def test_settings_that_a_refresh_found_changed_are_drift_too() -> None:
    text = preview_text({"bge": raw()}, {"bge": raw()})
    document = json.loads(text)
    environment = next(it for it in document["steps"] if it["urn"].endswith("bge-production"))
    environment["op"] = "update"
    environment["oldState"]["inputs"]["autoscaling"]["max_replica"] = 9
    found = stack_report(
        "test", "a test", parse_preview(json.dumps(document)), Knowledge(LISTED, PolicyConfig())
    )
    assert found.models[0].drift == {"production: autoscaling.max_replica": "1 → 9"}
    assert found.models[0].why == {"bge-production.autoscaling.max_replica": "9 → 1"}


def scaled(**more: Any) -> Any:
    return raw(autoscaling={"max_replica": 4, **more})


WARM = {"days": "mon-fri", "hours": "08:00-18:00", "timezone": "Europe/Berlin", "min_replica": 2}
EARLY = {**WARM, "hours": "07:30-18:00"}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (
            scaled(warm=WARM),
            scaled(warm=EARLY),
            {
                "autoscaling.warm": "Mon~Fri 08~18 Berlin: 2 to 4 replicas → Mon~Fri 07:30~18:00 Berlin: 2 to "
                "4 replicas"
            },
        ),
        (scaled(), scaled(warm=WARM), {"autoscaling.warm": "(none) → Mon~Fri 08~18 Berlin: 2 to 4 replicas"}),
        (scaled(warm=WARM), scaled(), {"autoscaling.warm": "Mon~Fri 08~18 Berlin: 2 to 4 replicas → (none)"}),
        (
            scaled(schedules={"a": WARM}),
            scaled(schedules={"a": {**WARM, "enabled": False}}),
            {
                "autoscaling.schedules.a": "Mon~Fri 08~18 Berlin: 2 to 4 replicas → Mon~Fri 08~18 Berlin: 2 to 4 "
                "replicas (disabled)"
            },
        ),
        (
            raw(environments={"staging": {"autoscaling": {"max_replica": 4}}}),
            raw(environments={"staging": {"autoscaling": {"max_replica": 4, "warm": WARM}}}),
            {"environments.staging.autoscaling.warm": "(none) → Mon~Fri 08~18 Berlin: 2 to 4 replicas"},
        ),
    ],
)  # fmt: skip
def test_a_schedule_is_a_sentence_before_and_after(
    before: Any, after: Any, why: dict[str, str]
) -> None:
    changed = model(before, after)
    assert changed.kind == "settings only"
    assert changed.why == {key: it.replace("~", "\N{EN DASH}") for key, it in why.items()}


def test_a_bound_that_a_schedule_takes_over_changes_its_sentence_too() -> None:
    why = model(scaled(warm=WARM), raw(autoscaling={"max_replica": 6, "warm": WARM})).why
    assert why["autoscaling.max_replica"] == "4 → 6"


def test_a_new_model_says_its_schedules() -> None:
    assert any(
        line.startswith("autoscaling.warm: Mon") for line in model(None, scaled(warm=WARM)).traffic
    )


def test_a_schedule_that_a_refresh_found_changed_is_drift_by_field() -> None:
    document = json.loads(preview_text({"bge": scaled(warm=WARM)}, {"bge": scaled(warm=WARM)}))
    environment = next(it for it in document["steps"] if it["urn"].endswith("bge-production"))
    environment["op"] = "update"
    schedules = environment["oldState"]["inputs"]["autoscaling_schedules"]["schedules"]
    schedules["warm"]["hours"] = "09:00-18:00"
    found = stack_report(
        "test", "a test", parse_preview(json.dumps(document)), Knowledge(LISTED, PolicyConfig())
    )
    assert found.models[0].drift == {
        "production: autoscaling_schedules.schedules.warm.hours": "08:00-18:00 → 09:00-18:00"
    }


def test_a_rotated_token_names_the_models_that_restart() -> None:
    gated = {"model_id": "google/embeddinggemma-300m", "gated": True}
    fleet = {"one": raw(**gated), "two": raw(**gated, redeploy_on_rotation=True)}
    [said] = report(fleet, fleet, secret="update").secrets
    assert said == "hf_access_key: a new value; restarts two"
    [said] = report({"one": fleet["one"]}, {"one": fleet["one"]}, secret="update").secrets
    assert "until they restart" in said


KEY_URN = "urn:pulumi:test::baseten-tei::baseten:index:ApiKey::search"


@pytest.mark.parametrize(
    ("op", "before", "after", "said"),
    [
        ("create", None, {"models": ["m1"]}, "made for calls of 1 model"),
        ("create", None, {"type": "WORKSPACE_MANAGE_ALL"}, "made for everything"),
        ("update", {"rotate_when": "1"}, {"rotate_when": "2"}, "works on for 24 hours"),
        ("update", {}, {"models": ["a", "b"], "keep_previous_hours": 0}, "is deleted at once"),
        ("update", {}, {}, "the previous key is deleted"),
        ("delete", {}, None, "whoever uses it is refused"),
    ],
)
def test_what_happens_to_an_api_key_is_told_and_reviewed(
    op: str, before: Any, after: Any, said: str
) -> None:
    text = json.loads(preview_text({}, {}))
    states = {
        key: {"inputs": it}
        for key, it in (("oldState", before), ("newState", after))
        if it is not None
    }
    text["steps"].append({"op": op, "urn": KEY_URN, **states})
    preview = parse_preview(json.dumps(text))
    found = stack_report("test", "a test", preview, Knowledge(LISTED, PolicyConfig()))
    [line] = found.secrets
    assert line.startswith("API key search: ")
    assert said in line
    assert set(compute_marks("test", preview, {})) == {"API key search"}


def test_findings_and_policies_are_those_of_the_models_that_will_be_there() -> None:
    policy = parse_policy_config(
        '{"allowed-gpus": {"enforcementLevel": "mandatory", "gpus": ["T4"]}}'
    )
    found = report(
        {"bge": raw(accelerator="H100")}, {"bge": raw()}, known=Knowledge(LISTED, policy)
    )
    assert {it.rule for it in found.findings} >= {"TEI-LOCK-001"}
    assert "allowed-gpus" in {it.rule for it in found.policies if it.level == "mandatory"}
    assert found.is_blocked


def test_a_preview_that_stops_is_a_report_that_stops_and_marks_nothing() -> None:
    found = report({"bge": raw()}, {"bge": raw()}, errors=("model 'bge': unknown key 'x'",))
    assert found.errors == ("model 'bge': unknown key 'x'",)
    assert found.is_blocked
    assert found.marks == ()


def test_a_mark_does_not_depend_on_the_id_of_the_state() -> None:
    """A preview of a pull request makes another one each time, and a restored snapshot may have none."""

    known = Knowledge(LISTED, PolicyConfig())

    def found(state_id: str | None) -> tuple[str, ...]:
        steps = json.loads(preview_text({}, {"bge": raw()}))
        for step in steps["steps"] if state_id else ():
            inputs = step["newState"]["inputs"]
            if "environment" in inputs and "stdin" in inputs:
                inputs["environment"]["BASETEN_TEI_STATE_ID"] = state_id
            elif ":baseten:index:" in step["urn"].replace("$", ":"):
                inputs["state_id"] = state_id
        return stack_report("test", "", parse_preview(json.dumps(steps)), known).marks

    [mark] = found(None)
    assert found("st-0123456789") == found("st-9876543210") == (mark,)


def test_money_is_told_before_and_after_for_each_model_and_all() -> None:
    found = report({"a": raw(), "b": raw()}, {"a": raw(accelerator="T4")})
    assert found.cost.before.typical == pytest.approx(2 * 619.332)
    assert found.cost.after.typical == pytest.approx(460.776)
    assert {it.name: it.cost.after.maximum for it in found.models}["b"] == 0


def test_an_instance_without_a_price_is_named_and_makes_the_sum_unknown() -> None:
    known = Knowledge(Prices("this account's", {}), PolicyConfig(), real_account=True)
    found = report({}, {"bge": raw()}, known=known)
    assert found.cost.after.maximum is None
    assert found.cost.unpriced == ("L4:4x16",)


def test_a_measurement_on_file_gives_the_price_of_a_million_tokens() -> None:
    measured = [
        {"model_id": "BAAI/bge-base-en-v1.5", "instance_type": "L4:4x16", "tei_version": "1.8.3",
         "tokens_per_second": speed, "date": date, "how": "texts of 128 tokens"}
        for speed, date in ((50_000, "2026-11-01"), (100_000, "2026-11-20"))
    ]  # fmt: skip
    results = parse_measurements(json.dumps(measured).encode())
    known = Knowledge(LISTED, PolicyConfig(), real_account=True, measured=results)
    found = model(None, raw(), known=known)
    # $0.01414 a minute over 6 million tokens a minute
    assert found.usd_per_million_tokens == pytest.approx(0.01414 / 6)
    assert found.measured == "100,000 tokens/s, 2026-11-20, texts of 128 tokens"
    assert model(None, raw(accelerator="T4"), known=known).usd_per_million_tokens is None


def test_a_stack_on_an_emulator_costs_nothing_and_breaks_no_budget() -> None:
    policy = parse_policy_config('{"model-budget": {"usd": 1}, "stack-budget": {"usd": 1}}')
    results = (
        Measurement(
            model_id="BAAI/bge-base-en-v1.5", instance_type="L4:4x16", tei_version="1.8.3",
            tokens_per_second=1e5, date="2026-11-20", how="texts of 128 tokens",
        ),
    )  # fmt: skip
    for real, budgets in ((True, {"model-budget", "stack-budget"}), (False, set[str]())):
        known = Knowledge(LISTED, policy, real_account=real, measured=results)
        found = report({}, {"bge": raw()}, known=known)
        assert found.on_emulator is not real
        assert bool(found.cost.after.maximum) is real
        assert bool(found.models[0].usd_per_million_tokens) is real
        assert {it.rule for it in found.policies if "budget" in it.rule} == budgets
        for text in (
            render_markdown(ChangeReport(stacks=(found,))),
            render_text(ChangeReport(stacks=(found,))),
        ):
            assert ("$" in text) is real
            assert ("on an emulator" in text) is not real


def test_a_measurement_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match=r"0\.tokens_per_second: Input should be greater than 0"):
        parse_measurements(
            json.dumps(
                [{**Measurement.__annotations__, "tokens_per_second": 0.0, "date": "2026-01-01"}],
                default=str,
            ).encode()
        )


def test_a_spec_of_another_version_of_this_package_is_still_reported() -> None:
    document = json.loads(preview_text({"bge": raw()}, {}))
    for step in document["steps"]:
        if step["urn"].endswith("::bge"):
            step["oldState"]["inputs"]["key_of_yore"] = 1
    known = Knowledge(LISTED, PolicyConfig(), real_account=True)
    found = stack_report("test", "a test", parse_preview(json.dumps(document)), known)
    assert found.models[0].kind == "deleted"
    assert found.cost.before.typical is None


def test_the_event_log_says_what_the_json_says() -> None:
    text = preview_text({"bge": raw()}, {"bge": raw(max_batch_tokens=8192)}, errors=("it stops",))
    document = json.loads(text)
    events: list[dict[str, Any]] = [{"sequence": 0, "preludeEvent": {"config": {}}}]
    events += [
        {
            "resourcePreEvent": {
                "metadata": {
                    "op": it["op"],
                    "urn": it["urn"],
                    "old": it.get("oldState"),
                    "new": it.get("newState"),
                }
            }
        }
        for it in document["steps"]
    ]
    events += [{"diagnosticEvent": it} for it in document["diagnostics"]]
    log = "\n".join(json.dumps(event) for event in events)
    assert parse_preview(log) == parse_preview(text)


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"sequence": 1}', "1\n2"])
def test_what_is_no_preview_is_refused_with_how_to_make_one(text: str) -> None:
    with pytest.raises(UserError, match=r"pulumi preview --json --show-sames > preview\.json"):
        parse_preview(text)


def test_the_next_gpu_of_a_list_is_said_with_its_price_and_the_reason() -> None:
    lack = {"accelerator": "L4", "minutes": 18.0, "at": "2026-11-30T14:00:00+00:00"}
    listed = {"accelerators": ["L4", "A10G"], "on_no_capacity": "next"}
    told = {"bge": {"no_capacity": [lack]}}
    text = preview_text({"bge": raw(**listed)}, {"bge": raw(accelerator="A10G")}, told=told)
    preview = json.loads(text)
    preview["steps"][0]["newState"]["inputs"] |= listed
    known = Knowledge(LISTED, PolicyConfig(), real_account=True)
    [found] = stack_report("test", "a test", parse_preview(json.dumps(preview)), known).models
    assert (
        "it is pushed for A10G ($0.02012 a minute, L4 $0.01414), since no L4 was free for 18 min: same model, same "
        "endpoint; to go back to L4, remove on_no_capacity"
    ) in found.traffic
    assert found.instance_type == "A10Gx4x16"
    assert found.cost.after.maximum > found.cost.before.maximum
    first = model(raw(), raw(**listed))
    assert not any("to go back" in line for line in first.traffic)
