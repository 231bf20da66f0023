# ruff: noqa: E501 - one row is one message, however long
"""The policies without an engine: what each lets pass, what it says, and how its configuration is refused."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.money.costs import LISTED, Monthly, monthly
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.lockfile import key_of
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.project.stack_settings import stacks
from baseten_tei.review.policies.engine_inputs import COMPONENTS, stack_of, subject_of
from baseten_tei.review.policies.evaluation import POLICIES, find_violations
from baseten_tei.review.policies.image_references import mutability_problem, repository_of
from baseten_tei.review.policies.policy import Violation
from baseten_tei.review.policies.policy_config import (
    LEVEL,
    PATH,
    SECTIONS,
    PolicyConfig,
    parse_policy_config,
    policy_title,
)
from baseten_tei.review.policies.sections import ModelSection
from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.docstrings import attribute_docstrings
from tests.support.specs import raw, spec, specs

ROOT = Path(__file__).parents[3]
COMMIT = "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"
BGE = "BAAI/bge-base-en-v1.5"
DIGEST = f"sha256:{'0a' * 32}"


WARM = {
    "max_replica": 2,
    "warm": {
        "days": "mon-fri",
        "hours": "08:00-18:00",
        "timezone": "Europe/Berlin",
        "min_replica": 2,
    },
}
"""At least 2 replicas in 50 of the 168 hours of a week."""
NIGHT = {"schedules": {"night": {"hours": "22:00-06:00", "timezone": "Europe/Berlin"}}}


def facts(revision: str = COMMIT, licence: str | None = "mit") -> ModelFacts:
    return ModelFacts(
        model_id=BGE, revision=revision, commit=COMMIT, source="a test", license=licence
    )


LOCKED = {key_of(facts()): facts()}


def fine(**more: Any) -> dict[str, Any]:
    """A model that every policy lets pass on a real account."""
    return raw(
        **{
            "revision": COMMIT,
            "autoscaling": {"min_replica": 1},
            "labels": {"team": "search"},
            **more,
        }
    )


def told(
    model: Mapping[str, Any],
    policy: str,
    config: Mapping[str, Any] | None = None,
    real: bool = True,
    lock: Any = None,
) -> list[str]:
    """What one policy says of a stack `prod` with this one model."""
    settings = parse_settings({"bge": model}, lock=LOCKED if lock is None else lock)
    parsed = parse_policy_config(json.dumps({policy: config or {}}))
    return [it.line for it in judged(settings.subjects, parsed, real) if it.rule == policy]


def judged(subjects: Any, config: PolicyConfig, real: bool = True) -> list[Violation]:
    costs = {it.name: monthly(it.args, LISTED) for it in subjects}
    return find_violations("prod", subjects, costs, real, config)


TABLE: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    # policy, its configuration, a model that passes, what makes it fail, the line
    ("stack-budget", {"usd": 700}, fine(), {"autoscaling": {"max_replica": 2}},
     'the stack: stack-budget $1,238.66 a month at maximum replicas is above $700.00; the largest is \'bge\', $1,239: write a lower max_replica or a cheaper accelerator, or "stacks": {"prod": 1239} in stack-budget'),
    ("stack-budget", {"usd": 700, "at": "typical"}, fine(autoscaling={"max_replica": 9}), {"autoscaling": {"min_replica": 2, "max_replica": 9}},
     'the stack: stack-budget $1,238.66 a month at typical replicas is above $700.00; the largest is \'bge\', $1,239: write a lower min_replica or a cheaper accelerator, or "stacks": {"prod": 1239} in stack-budget'),
    ("stack-budget", {"usd": 9000, "stacks": {"prod": 700}}, fine(), {"accelerator": "A10G"},
     'the stack: stack-budget $881.26 a month at maximum replicas is above $700.00; the largest is \'bge\', $881: write a lower max_replica or a cheaper accelerator, or "stacks": {"prod": 882} in stack-budget'),
    ("stack-budget", {"usd": 700, "at": "minimum"}, fine(autoscaling=WARM), {"autoscaling": {**WARM, "min_replica": 1}},
     'the stack: stack-budget $803.66 a month at minimum replicas, weighted by the hours of its schedules, is above $700.00; the largest is \'bge\', $804: write a lower min_replica, fewer hours in schedules or a cheaper accelerator, or "stacks": {"prod": 804} in stack-budget'),
    ("model-budget", {"usd": 700, "at": "minimum"}, fine(), {"autoscaling": {"min_replica": 2, "max_replica": 2}},
     'model \'bge\': model-budget $1,238.66 a month at minimum replicas is above $700.00: write a lower min_replica or a cheaper accelerator, or "models": {"prod/bge": 1239} in model-budget'),
    ("model-budget", {"usd": 700, "at": "minimum"}, fine(autoscaling=WARM), {"accelerator": "H100"},
     'model \'bge\': model-budget $2,824.32 a month at minimum replicas, weighted by the hours of its schedules, is above $700.00: write a lower min_replica, fewer hours in schedules or a cheaper accelerator, or "models": {"prod/bge": 2825} in model-budget'),
    ("model-budget", {"usd": 700}, fine(), {"environments": {"staging": {}}},
     'model \'bge\': model-budget $1,238.66 a month at maximum replicas is above $700.00: write a lower max_replica or a cheaper accelerator, or "models": {"prod/bge": 1239} in model-budget'),
    ("model-budget", {"usd": 0, "models": {"prod/bge": 700}}, fine(), {"accelerator": "H100"},
     'model \'bge\': model-budget $4,744.85 a month at maximum replicas is above $700.00: write a lower max_replica or a cheaper accelerator, or "models": {"prod/bge": 4745} in model-budget'),
    ("unknown-price", {}, fine(), {"instance_type": "L4:6x24"},
     "model 'bge': unknown-price the price of L4:6x24 is unknown, and so is what the model costs a month: write an accelerator or instance_type of Baseten's price list, e.g. instance_type: L4:4x16"),
    ("allowed-gpus", {"gpus": ["L4", "CPU"]}, fine(accelerator="CPU"), {"accelerator": "A10G"},
     "model 'bge': allowed-gpus accelerator A10G is not allowed: write accelerator: L4, CPU"),
    ("allowed-gpus", {}, fine(instance_type="L4:4x16"), {"instance_type": "H200"},
     "model 'bge': allowed-gpus accelerator H200 is not allowed: write accelerator: CPU, T4, L4, A10G, A100, H100, H100_40GB, RTX_PRO_6000"),
    ("production-replicas", {}, fine(), {"autoscaling": {}},
     'model \'bge\': production-replicas autoscaling.min_replica is 0: after an idle time the next request in production waits for a cold start: write autoscaling.min_replica: 1, or "reasons": {"prod/bge": "…"} in production-replicas'),
    ("production-replicas", {}, fine(environment="staging", autoscaling={}), {"environments": {"production": {}}},
     'model \'bge\': production-replicas environments.production.autoscaling.min_replica is 0: after an idle time the next request in production waits for a cold start: write environments.production.autoscaling.min_replica: 1, or "reasons": {"prod/bge": "…"} in production-replicas'),
    ("production-replicas", {}, fine(autoscaling={"min_replica": 1, **NIGHT}), {"autoscaling": {"min_replica": 1, "schedules": {"night": {**NIGHT["schedules"]["night"], "min_replica": 0}}}},
     'model \'bge\': production-replicas autoscaling.schedules.night.min_replica is 0: after an idle time the next request in production waits for a cold start: write autoscaling.schedules.night.min_replica: 1, or "reasons": {"prod/bge": "…"} in production-replicas'),
    ("pinned-revision", {}, fine(), {"revision": "v1.5"},
     "model 'bge': pinned-revision revision 'v1.5' of BAAI/bge-base-en-v1.5 is neither a commit nor locked to one, and can move: run `baseten-tei lock`, or write the commit"),
    ("no-mutable-images", {"trusted": ["baseten/text-embeddings-inference-mirror"]}, fine(), {"tei_version": "1.9.3"},
     "model 'bge': no-mutable-images image ghcr.io/huggingface/text-embeddings-inference:89-1.9.3 has no digest, and releases of ghcr.io/huggingface/text-embeddings-inference are not trusted to stay as they are: write a tei_version of another repository, or add it to \"trusted\" in no-mutable-images"),
    ("protected", {}, fine(protect=True), {"protect": False},
     'model \'bge\': protected protect is false on a real account: dropping the model deletes it: leave protect out, or write on_removal: retain, or "reasons": {"prod/bge": "…"} in protected'),
    ("protected", {}, fine(protect=False, on_removal="retain"), {"on_removal": "delete", "force_delete": True},
     'model \'bge\': protected protect is false on a real account: dropping the model deletes it, with other environments and foreign deployments: leave protect out, or write on_removal: retain, or "reasons": {"prod/bge": "…"} in protected'),
    ("required-labels", {"labels": ["team", "cost"]}, fine(labels={"team": "search", "cost": "7"}), {"labels": {"team": " "}},
     "model 'bge': required-labels labels lack team, cost: write labels: {team: …, cost: …}"),
    ("allowed-licences", {"licences": ["MIT"]}, fine(), {"model_id": "BAAI/bge-small-en-v1.5"},
     "model 'bge': allowed-licences licence of BAAI/bge-small-en-v1.5 is unknown: it is not locked: run `baseten-tei lock`"),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "config", "good", "change", "line"), TABLE)
def test_a_policy_lets_pass_what_keeps_it_and_says_what_breaks_it(
    policy: str, config: dict[str, Any], good: dict[str, Any], change: dict[str, Any], line: str
) -> None:
    assert told(good, policy, config) == []
    assert told({**good, **change}, policy, config) == [line]


def test_every_policy_has_a_row_in_the_table() -> None:
    assert {row[0] for row in TABLE} == {it.id for it in POLICIES} == set(SECTIONS)


@pytest.mark.parametrize(("policy", "config", "good", "change"), [row[:4] for row in TABLE])
def test_a_disabled_policy_says_nothing(
    policy: str, config: dict[str, Any], good: dict[str, Any], change: dict[str, Any]
) -> None:
    assert told({**good, **change}, policy, {**config, "enforcementLevel": "disabled"}) == []


@pytest.mark.parametrize(
    ("policy", "config", "good", "change", "line"),
    [row for row in TABLE if "reasons" in SECTIONS[row[0]].model_fields],
)
def test_a_model_with_a_reason_is_let_pass_where_its_stack_is_named(
    policy: str, config: dict[str, Any], good: dict[str, Any], change: dict[str, Any], line: str
) -> None:
    def with_reason(place: str) -> list[str]:
        reasons = {"reasons": {place: "measured"}}
        return told({**good, **change}, policy, {**config, **reasons})

    assert with_reason("prod/bge") == []
    assert with_reason("dev/bge") == [line]


@pytest.mark.parametrize("policy", ["production-replicas", "protected"])
def test_an_emulator_is_no_real_account(policy: str) -> None:
    assert told(fine(autoscaling={}, protect=False), policy, real=False) == []
    assert told(fine(autoscaling={}, protect=False), policy, real=True)


def test_a_branch_that_is_locked_is_deployed_as_a_commit() -> None:
    locked = {key_of(facts("main")): facts("main")}

    assert told(raw(), "pinned-revision", lock=locked) == []
    assert told(raw(), "pinned-revision")
    late = {key: it.model_copy(update={"pushed_unlocked": True}) for key, it in locked.items()}
    [line] = told(raw(), "pinned-revision", lock=late)
    assert line.endswith(
        "remove pushed_unlocked from its entry in locks/, or write the commit: either pushes it once"
    )


def test_a_licence_is_the_locked_one() -> None:
    def of(licence: str | None, **config: Any) -> list[str]:
        found = facts(licence=licence)
        return told(fine(), "allowed-licences", config, lock={key_of(found): found})

    assert of("Apache-2.0") == []
    assert of("cc-by-nc-4.0") == [
        "model 'bge': allowed-licences licence cc-by-nc-4.0 of BAAI/bge-base-en-v1.5 is not allowed: "
        'write another model_id, or "reasons": {"prod/bge": "…"} in allowed-licences'
    ]
    assert of(None) == [
        "model 'bge': allowed-licences licence of BAAI/bge-base-en-v1.5 is unknown: its repository does not name one: "
        'write another model_id, or "reasons": {"prod/bge": "…"} in allowed-licences'
    ]
    assert of(None, unknown="allow") == []
    assert of("cc-by-nc-4.0", unknown="allow") != []


def test_an_unknown_price_is_never_counted_as_nothing() -> None:
    """The known part alone breaks the budget, and what is not known is a finding of its own."""
    models = {"known": fine(accelerator="H100"), "unknown": fine(instance_type="L4:6x24")}
    subjects = parse_settings(models, lock=LOCKED).subjects

    def lines(usd: int) -> list[str]:
        config = parse_policy_config(
            json.dumps({"stack-budget": {"usd": usd}, "model-budget": {"usd": 9999}})
        )
        return [it.line for it in judged(subjects, config)]

    unknown = (
        "model 'unknown': unknown-price the price of L4:6x24 is unknown, and so is what the model costs a month: write "
        "an accelerator or instance_type of Baseten's price list, e.g. instance_type: L4:4x16"
    )
    assert lines(9999) == [unknown]
    above, still = lines(4000)
    assert still == unknown
    assert above.startswith(
        "the stack: stack-budget at least $4,744.85 a month at maximum replicas is above $4,000.00"
    )


def test_of_models_that_cost_the_same_the_first_by_name_is_named_however_they_come() -> None:
    config = parse_policy_config('{"stack-budget": {"usd": 700}, "model-budget": {"usd": 9999}}')
    for names in (("a", "b"), ("b", "a")):
        subjects = parse_settings({name: fine() for name in names}, lock=LOCKED).subjects
        [found] = judged(subjects, config)
        assert "the largest is 'a'," in found.line


def test_prices_that_somebody_knows_better_decide() -> None:
    subjects = parse_settings({"bge": fine()}, lock=LOCKED).subjects
    config = parse_policy_config('{"model-budget": {"usd": 10}}')

    def rules(cost: Monthly) -> set[str]:
        return {it.rule for it in find_violations("prod", subjects, {"bge": cost}, True, config)}

    assert rules(Monthly(1, 5, 10)) == set()
    assert rules(Monthly(1, 5, 10.01)) == {"model-budget"}


def test_what_is_mandatory_comes_first() -> None:
    subjects = parse_settings({"a": raw(), "b": raw("reranker")}).subjects
    found = judged(subjects, parse_policy_config('{"pinned-revision": "mandatory"}'))

    levels = [it.level for it in found]
    assert {"mandatory", "advisory"} == set(levels)
    assert levels == sorted(levels, reverse=True)


def test_a_token_in_a_value_is_not_repeated() -> None:
    token = "hf_" + "Q7w" * 11
    [subject] = parse_settings({"bge": fine()}, lock=LOCKED).subjects
    args = subject.args.model_copy(update={"revision": token})  # a spec with it is refused earlier
    parsed = parse_policy_config(json.dumps({"pinned-revision": {}}))
    found = judged([replace(subject, args=args)], parsed)
    (line,) = [it.line for it in found if it.rule == "pinned-revision"]

    assert token not in line


REFERENCES = [
    (f"ghcr.io/huggingface/text-embeddings-inference@{DIGEST}", None),
    (f"ghcr.io/huggingface/text-embeddings-inference:latest@{DIGEST}", None),
    ("baseten/text-embeddings-inference-mirror:89-1.8.3", None),
    ("baseten/text-embeddings-inference-mirror:1.8.3", None),
    ("localhost:5000/tei:cpu-1.9.3", None),
    ("tei@sha256:0a", "its digest 'sha256:0a' is not a sha256"),
    (f"tei@{DIGEST.upper()}", f"its digest '{DIGEST.upper()}' is not a sha256"),
    ("tei@", "its digest '' is not a sha256"),
    ("tei:latest", "its tag 'latest' is not a full release"),
    ("tei:89-latest", "its tag '89-latest' is not a full release"),
    ("tei:1.8", "its tag '1.8' is not a full release"),
    ("tei:hopper-1.9", "its tag 'hopper-1.9' is not a full release"),
    ("tei:1.8.3-rc1", "its tag '1.8.3-rc1' is not a full release"),
    ("tei:1.8.3\n", "its tag '1.8.3\\n' is not a full release"),
    ("tei", "it has no tag, which means latest"),
    ("tei:", "it has no tag, which means latest"),
    ("localhost:5000/tei", "it has no tag, which means latest"),
]


@pytest.mark.parametrize(("reference", "why"), REFERENCES)
def test_only_a_digest_and_a_whole_release_name_one_image(reference: str, why: str | None) -> None:
    assert mutability_problem(reference) == why


def test_a_mutable_image_is_named_and_a_digest_needs_no_trust(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of(reference: str) -> list[str]:
        monkeypatch.setattr(Subject, "image", reference)
        return told(fine(), "no-mutable-images", {"trusted": []})

    assert of("tei:latest") == [
        "model 'bge': no-mutable-images image tei:latest can change: its tag 'latest' is not a full release: "
        "name a full release, or a digest"
    ]
    assert of(f"tei@{DIGEST}") == []


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("localhost:5000/tei:1.8.3", "localhost:5000/tei"),
        ("localhost:5000/tei", "localhost:5000/tei"),
        (f"a/b:1.8.3@{DIGEST}", "a/b"),
        ("a/b:", "a/b"),
    ],
)
def test_a_registrys_port_is_no_tag(reference: str, expected: str) -> None:
    assert repository_of(reference) == expected


BAD_CONFIG = [
    ("{", "is not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1): fix it"),
    ("[]", 'must be an object of policies, not a list: write e.g. {"stack-budget": {"usd": 5000}}'),
    ('{"stack-budgett": {}}', "'stack-budgett' is not a policy. Perhaps you meant 'stack-budget'?"),
    ('{"zzz": {}}', f"'zzz' is not a policy. Known: {', '.join(SECTIONS)}"),
    ('{"stack-budget": 5}', 'stack-budget: must be a level or an object, not a number: write e.g. {"enforcementLevel": "advisory"}'),
    ('{"stack-budget": {"usdd": 5}}', "stack-budget: unknown key 'usdd'. Perhaps you meant 'usd'?"),
    ('{"pinned-revision": {"x": 5}}', "pinned-revision: unknown key 'x'. Known: enforcementLevel, reasons"),
    ('{"stack-budget": {"usd": "5"}}', 'stack-budget: usd must be a number, not "5" (text)'),
    ('{"stack-budget": {"usd": -1}}', "stack-budget: usd must be 0 or more, not -1 (a number)"),
    ('{"stack-budget": {"usd": NaN}}', "is not valid JSON: NaN is not JSON: fix it"),
    ('{"stack-budget": {"usd": true}}', "stack-budget: usd must be a number, not true (a boolean)"),
    ('{"stack-budget": {"stacks": {"dev": null}}}', "stack-budget: stacks.dev must be a number, not null (empty)"),
    ('{"stack-budget": {"at": "max"}}', "stack-budget: at 'max' is not known: write 'minimum', 'typical' or 'maximum'. Perhaps you meant 'maximum'?"),
    ('{"model-budget": {"models": {"bge": 5}}}', "model-budget: models 'bge' is not <stack>/<model>: write e.g. production/bge"),
    ('{"protected": "mandatry"}', "protected: enforcementLevel 'mandatry' is not known: write 'mandatory', 'advisory' or 'disabled'. Perhaps you meant 'mandatory'?"),
    ('{"protected": "remediate"}', "protected: enforcementLevel 'remediate' is not known: write 'mandatory', 'advisory' or 'disabled'."),
    ('{"protected": {"reasons": {"prod/bge": " "}}}', "protected: reasons.prod/bge has no reason: write why the policy does not hold there"),
    ('{"allowed-gpus": {"gpus": ["L5"]}}', "allowed-gpus: gpus.0 'L5' is not a GPU of Baseten. Perhaps you meant 'L4'?"),
    ('{"allowed-gpus": {"gpus": "L4"}}', 'allowed-gpus: gpus must be a list, not "L4" (text)'),
    ('{"required-labels": {"labels": [5]}}', "required-labels: labels.0 must be a text in quotes, not 5 (a number)"),
    ('{"protected": {"reasons": []}}', "protected: reasons must be an object, not [] (a list)"),
    ('{"all": 5}', 'all: must be a level or an object, not a number: write e.g. {"enforcementLevel": "advisory"}'),
    ('{"all": "disabed"}', "all: enforcementLevel 'disabed' is not known: write 'mandatory', 'advisory' or 'disabled'. Perhaps you meant 'disabled'?"),
    ('{"all": {"usd": 5}}', "all: unknown key 'usd'. Known: enforcementLevel"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), BAD_CONFIG)
def test_a_mistake_in_the_configuration_is_one_line(text: str, line: str) -> None:
    with pytest.raises(UserError) as told_:
        parse_policy_config(text)

    assert told_.value.problems == (line,)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(UserError) as told_:
        parse_policy_config(
            '{"nothing": {}, "stack-budget": {"usd": "5", "at": "x"}, "protected": 5}'
        )

    assert len(told_.value.problems) == 4


def test_without_a_configuration_the_defaults_hold() -> None:
    assert parse_policy_config("") == parse_policy_config("{}") == PolicyConfig()


def test_the_level_of_all_gives_way_to_a_policys_own() -> None:
    config = parse_policy_config(
        '{"all": "advisory", "protected": "disabled", "stack-budget": {"usd": 1}}'
    )

    levels = {policy: config.section(policy).enforcementLevel for policy in SECTIONS}
    assert levels.pop("protected") == "disabled"
    assert set(levels.values()) == {"advisory"}
    assert config.stack_budget.usd == 1


def test_the_shipped_configuration_is_the_documented_defaults() -> None:
    assert parse_policy_config((ROOT / PATH).read_text()) == PolicyConfig()


def test_the_production_example_breaks_no_shipped_policy_that_blocks(tmp_path: Path) -> None:
    """Before `baseten-tei lock`, too; the licence of a model is known once it is locked."""
    (tmp_path / "Pulumi.yaml").write_text("name: example\n")
    shutil.copy(ROOT / "Pulumi.production.example.yaml", tmp_path / "Pulumi.production.yaml")
    [production] = stacks(tmp_path)
    found = judged(production.settings.subjects, parse_policy_config((ROOT / PATH).read_text()))
    assert [it.line for it in found if it.level == "mandatory"] == []
    assert {it.rule for it in found} == {"allowed-licences"}


@pytest.mark.parametrize("policy", ["stack-budget", "model-budget", "unknown-price"])
def test_a_stack_on_an_emulator_is_in_no_budget_whatever_it_would_cost(policy: str) -> None:
    models = {"large": fine(accelerator="H100"), "unpriced": fine(instance_type="L4:6x24")}
    subjects = parse_settings(models, lock=LOCKED).subjects
    config = parse_policy_config('{"stack-budget": {"usd": 0}, "model-budget": {"usd": 0}}')
    assert policy in {it.rule for it in judged(subjects, config)}
    assert judged(subjects, config, real=False) == []


def test_the_documentation_has_every_policy_with_its_keys_and_defaults() -> None:
    rows = [row for policy in SECTIONS for row in documented_rows(policy)]
    table = "\n".join(["| policy, key | default | meaning |", "|---|---|---|", *rows]) + "\n"
    assert table in (ROOT / "docs/policy.md").read_text()


def documented_rows(policy: str) -> Iterator[str]:
    """A row for the policy, and one for each of its own keys with its default."""
    fields, texts = SECTIONS[policy].model_fields, attribute_docstrings(SECTIONS[policy])
    yield f"| **`{policy}`** | {fields[LEVEL].default} | {policy_title(policy)} |"
    for name, field in fields.items():
        if name != LEVEL and name not in ModelSection.model_fields:
            yield f"| `{name}` | `{json.dumps(field.default)}` | {texts[name]} |"


def test_the_pack_tells_pulumi_of_every_policy_and_its_level() -> None:
    pytest.importorskip("pulumi_policy")
    from baseten_tei.review.policies.pack_process import policies

    shown = {it.name: (it.description, it.enforcement_level.value) for it in policies()}

    assert shown == {
        policy: (policy_title(policy), PolicyConfig().section(policy).enforcementLevel)
        for policy in SECTIONS
    }


def on_the_wire(args: ModelArgs) -> Any:
    """What the engine shows of a component: every number a float, every sequence a list."""
    return json.loads(json.dumps(args.model_dump(exclude_none=True)), parse_int=float)


@given(specs())
def test_a_component_as_the_engine_shows_it_is_the_spec(args: ModelArgs) -> None:
    token = next(it for it, cls in COMPONENTS.items() if isinstance(args, cls))

    assert subject_of(token, "bge", on_the_wire(args), {}) == Subject("bge", args)


def test_a_component_finds_its_facts_by_the_branch_or_by_its_commit() -> None:
    lock = {key_of(facts("main")): facts("main")}
    for revision, found in (("main", facts("main")), (COMMIT, facts("main")), ("v1", None)):
        inputs = on_the_wire(spec(revision=revision))
        assert subject_of("baseten-tei:index:Embedding", "bge", inputs, lock).facts == found


def test_a_urn_names_its_stack() -> None:
    assert stack_of("urn:pulumi:prod::baseten-tei::baseten-tei:index:Embedding::bge") == "prod"


def test_the_page_shows_the_pack_as_it_is_shipped() -> None:
    page = (ROOT / "docs/policy.md").read_text()
    for name in ("PulumiPolicy.yaml", "__main__.py"):
        text = (ROOT / "policy" / name).read_text().replace("../.venv", ".venv")
        lines = [it for it in text.splitlines() if it and not it.startswith('"""')]
        assert "\n".join(lines) in page.replace("\n\n", "\n").replace("../.venv", ".venv"), name


def test_a_pack_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pulumi_policy", None)
    monkeypatch.delitem(sys.modules, "baseten_tei.review.policies.pack_process", raising=False)
    with pytest.raises(SystemExit, match=r"run `pip install 'baseten-tei\[policy\]'`"):
        import_module("baseten_tei.review.policies.pack_process")
