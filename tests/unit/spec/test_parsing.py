# ruff: noqa: E501 - one row is one message, however long
"""Every mistake that is told before anything is touched, and the one line each is told in.

Read the table from top to bottom: what someone wrote, and what they are told.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseten_tei.errors import UserError
from baseten_tei.rules.settings import parse_settings
from tests.support.specs import raw

TOKEN = "hf_" + "Q7w" * 11
EXAMPLE = "write models: {bge: {task: embedding, model_id: BAAI/bge-base-en-v1.5}}"
TASKS = "write task: embedding, reranker or classifier."
LEGAL = "must start with a letter or digit and hold only letters, digits, '-', '_' and '.'"
GPUS = (
    "write 'CPU', 'T4', 'L4', 'L40S', 'A10G', 'A100', 'A100_40GB', 'H100', 'H100_40GB', 'H200', 'B200', "
    "'RTX_PRO_6000', 'B300', 'GB300', 'V100' or 'cheapest'."
)
PORT = "the router listens on 7997 and Baseten keeps 8080 for its own proxy: leave it out"
PORT_KEY = "The router always listens on 7997 (8080 is Baseten's own); leave it out"
SUPERVISOR = "holds '%' or a line break, which Truss's process supervisor cannot pass on:"
TOKEN_PLACE = (
    "write gated: true, and beside the models baseten-tei:hf_access_key: {from_env: HF_TOKEN}"
)
SECRET = f"would be in clear, and the Hugging Face token must not be in a spec: {TOKEN_PLACE}"
IN_CLEAR = (
    "holds a Hugging Face token in clear: remove it, revoke it (https://huggingface.co/settings/tokens), and "
    f"{TOKEN_PLACE}"
)
TOKEN_ON_COMMAND_LINE = "a token on a command line can be read by anyone: write gated: true instead"


def one(**more: Any) -> dict[str, Any]:
    """A stack of one model, `m`, that is fine but for `more`."""
    return {"m": raw(**more)}


def named(name: str) -> dict[str, Any]:
    return {name: raw()}


TABLE: list[tuple[object, str]] = [
    # No mapping
    (None, f"baseten-tei:models must map names to specs, not empty: {EXAMPLE}"),
    ("bge", f"baseten-tei:models must map names to specs, not text: {EXAMPLE}"),
    ([raw()], f"baseten-tei:models must map names to specs, not a list: {EXAMPLE}"),
    ({"m": None}, f"model 'm': must be a mapping, not empty: {EXAMPLE}"),
    ({"m": "BAAI/bge-m3"}, f"model 'm': must be a mapping, not text: {EXAMPLE}"),
    # Task and repository
    ({"m": {}}, f"model 'm': task is missing: {TASKS}"),
    ({"m": {"task": "embeding"}}, f"model 'm': task 'embeding' is not one TEI has: {TASKS} Perhaps you meant 'embedding'?"),
    ({"m": {"task": ["embedding"]}}, f"model 'm': task ['embedding'] is not one TEI has: {TASKS} Perhaps you meant 'embedding'?"),
    ({"m": {"type": "feature-extraction"}}, f"model 'm': task is missing (not 'type'): {TASKS} Perhaps you meant 'embedding'?"),
    ({"m": {"task": "cross-encoder"}}, f"model 'm': task 'cross-encoder' is not one TEI has: {TASKS} Perhaps you meant 'reranker'?"),
    ({"m": {"task": "embedding"}}, "model 'm': model_id is missing: write model_id: BAAI/bge-base-en-v1.5"),
    (one(model_id=None), "model 'm': model_id should be a valid string, not None (empty): write model_id: a text in quotes"),
    (one(model_id="bge"), "model 'm': TEI-SPEC-002 model_id 'bge' is not a Hugging Face repository: write owner/name, e.g. model_id: BAAI/bge-base-en-v1.5"),
    (one(model_id="a/b; rm"), "model 'm': TEI-SPEC-002 model_id 'a/b; rm' is not a Hugging Face repository: write owner/name, e.g. model_id: BAAI/bge-base-en-v1.5"),
    (one(model_id="a/b\n"), "model 'm': TEI-SPEC-002 model_id 'a/b\\n' is not a Hugging Face repository: write owner/name, e.g. model_id: BAAI/bge-base-en-v1.5"),
    (one(revision=""), "model 'm': TEI-SPEC-003 revision '' is not a branch, tag or commit: write e.g. revision: main, or a commit"),
    (one(revision="$(id)"), "model 'm': TEI-SPEC-003 revision '$(id)' is not a branch, tag or commit: write e.g. revision: main, or a commit"),
    # Unknown keys
    (one(acelerator="L4"), "model 'm': unknown key 'acelerator'. Perhaps you meant 'accelerator'?"),
    (one(max_batch_token=1), "model 'm': unknown key 'max_batch_token'. Perhaps you meant 'max_batch_tokens'?"),
    (one(autoscaling={"min_replicas": 1}), "model 'm': unknown key 'autoscaling.min_replicas'. Write autoscaling: {min_replica: 1}"),
    (one(autoscaling={"min_replca": 1}), "model 'm': unknown key 'autoscaling.min_replca'. Perhaps you meant 'min_replica'?"),
    (one(max_replcia=2), "model 'm': unknown key 'max_replcia'. Perhaps you meant 'autoscaling.max_replica'?"),
    ({"m": raw("reranker", pooling="cls")}, "model 'm': unknown key 'pooling'. Only task: embedding has it; leave it out"),
    (one(autoscaling={"zzz": 1}), "model 'm': unknown key 'autoscaling.zzz'. Known: min_replica, max_replica, concurrency_target, autoscaling_window, scale_down_delay, target_utilization_percentage, max_scale_down_rate, target_in_flight_tokens, warm, schedules"),
    # Hardware
    (one(accelerator="L5"), f"model 'm': accelerator 'L5' is not known; {GPUS} Perhaps you meant 'L4'?"),
    (one(accelerator="l4"), f"model 'm': accelerator 'l4' is not known; {GPUS} Perhaps you meant 'L4'?"),
    (one(accelerator="L4:2"), "model 'm': accelerator 'L4:2' asks for several GPUs and TEI uses one: write accelerator: L4"),
    (one(accelerator="V100"), "model 'm': TEI-GPU-001 accelerator V100 has no TEI image (compute capability 7.0): write accelerator: L4, A10G, A100, H100 or T4"),
    (one(accelerator="GB300"), "model 'm': TEI-GPU-001 accelerator GB300 has no TEI image (compute capability 10.3): write accelerator: L4, A10G, A100, H100 or T4"),
    (one(accelerator="B200"), "model 'm': TEI-GPU-002 accelerator B200 has no image for TEI 1.8.3: write tei_version: 1.9.3"),
    (one(instance_type="V100:8x61"), "model 'm': TEI-GPU-001 accelerator V100 has no TEI image (compute capability 7.0): write accelerator: L4, A10G, A100, H100 or T4"),
    (one(instance_type="L4:2x24x96"), "model 'm': TEI-GPU-005 instance_type L4:2x24x96 has 2 GPUs and TEI uses one: write accelerator: L4, and scale with autoscaling.max_replica"),
    (one(instance_type="H100:0"), "model 'm': TEI-GPU-006 instance_type 'H100:0' is not one Baseten has: write e.g. instance_type: L4:4x16, or accelerator: L4"),
    (one(instance_type="huge"), "model 'm': TEI-GPU-006 instance_type 'huge' is not one Baseten has: write e.g. instance_type: L4:4x16, or accelerator: L4"),
    (one(instance_type="L4:4x16", accelerator="L4"), "model 'm': TEI-GPU-013 accelerator and instance_type are both set: keep one of them"),
    (one(tei_version="1.8"), "model 'm': tei_version '1.8' is not known; write '1.8.3', '1.9.0', '1.9.1', '1.9.2', '1.9.3', '1.9.4', or a later patch of one of these minors."),
    (one(tei_version=1.9), "model 'm': tei_version 1.9 is not known; write '1.8.3', '1.9.0', '1.9.1', '1.9.2', '1.9.3', '1.9.4', or a later patch of one of these minors."),
    (one(weights="baked", tei_version="1.9.3"), "model 'm': TEI-SEC-012 weights: baked needs a Truss build, and TEI 1.9.3 runs from the unmodified upstream image: write weights: cached, or tei_version: 1.8.3"),
    # Names
    (named(""), f"model '': TEI-SPEC-001 model_name '' {LEGAL}: write e.g. my-model"),
    (named("a b"), f"model 'a b': TEI-SPEC-001 model_name 'a b' {LEGAL}: write e.g. a-b"),
    (named("a'b"), f"""model "a'b": TEI-SPEC-001 model_name "a'b" {LEGAL}: write e.g. a-b"""),
    (named('x" team_id: "y'), f"""model 'x" team_id: "y': TEI-SPEC-001 model_name 'x" team_id: "y' {LEGAL}: write e.g. x-team_id-y"""),
    (named("bge\n"), f"model 'bge\\n': TEI-SPEC-001 model_name 'bge\\n' {LEGAL}: write e.g. bge"),
    (named("x" * 200), f"model '{'x' * 200}': TEI-SPEC-001 model_name has 200 characters, at most 64 are allowed: shorten it"),
    (one(model_name="../m"), "model 'm': TEI-SPEC-001 model_name '../m' holds '/', which ends a name in truss's calls or Pulumi's ids: write e.g. model_name: m"),
    (one(model_name='a"b'), """model 'm': TEI-SPEC-001 model_name 'a"b' holds '"', which ends a name in truss's calls or Pulumi's ids: write e.g. model_name: a-b"""),
    (one(model_name=" m"), "model 'm': TEI-SPEC-001 model_name ' m' is empty, or holds a space at an end or a character that is not shown: write e.g. model_name: m"),
    (one(model_name="a\nb"), "model 'm': TEI-SPEC-001 model_name 'a\\nb' is empty, or holds a space at an end or a character that is not shown: write e.g. model_name: a-b"),
    (one(model_name="x" * 256), "model 'm': TEI-SPEC-001 model_name has 256 characters, at most 255 are allowed: shorten it"),
    ({"../m": raw(model_name="m")}, f"model '../m': TEI-SPEC-001 name '../m' {LEGAL}: write e.g. m"),
    ({"bge": raw(), "BGE": raw()}, "model 'BGE': model 'bge' already has the Baseten name 'BGE' (case, '-', '_' and '.' do not tell models apart): give one of them another model_name"),
    ({"a-b": raw(), "c": raw(model_name="a_b")}, "model 'c': model 'a-b' already has the Baseten name 'a_b' (case, '-', '_' and '.' do not tell models apart): give one of them another model_name"),
    ({"a-b": raw(), "a.b": raw(model_name="other")}, "model 'a.b': the outputs of model 'a-b' are already called A_B_…: give one of them another name"),
    ({"a": raw(model_name="a b"), "c": raw(model_name="A-b")}, "model 'c': model 'a' already has the Baseten name 'A-b' (case, '-', '_' and '.' do not tell models apart): give one of them another model_name"),
    (one(environment="Staging"), "model 'm': TEI-SPEC-004 environment 'Staging' must be lower-case letters, digits, '-' and '_' (and not 'development', which is Baseten's own slot): write e.g. environment: staging"),
    (one(environment="development"), "model 'm': TEI-SPEC-004 environment 'development' must be lower-case letters, digits, '-' and '_' (and not 'development', which is Baseten's own slot): write e.g. environment: staging"),
    # Port 8080 in its disguises
    (one(port=8080), f"model 'm': unknown key 'port'. {PORT_KEY}"),
    (one(server_port=8080), f"model 'm': unknown key 'server_port'. {PORT_KEY}"),
    (one(extra_flags=["--port=8080"]), f"model 'm': TEI-FLAG-004 extra_flags: --port: {PORT}"),
    (one(extra_flags=["--port 8080"]), f"model 'm': TEI-FLAG-004 extra_flags: --port: {PORT}"),
    (one(extra_flags=["port=8080"]), f"model 'm': TEI-FLAG-004 extra_flags: --port: {PORT}"),
    (one(extra_flags=["-p 8080"]), f"model 'm': TEI-FLAG-004 extra_flags: --port: {PORT}"),
    (one(env={"PORT": "8080"}), f"model 'm': TEI-FLAG-006 env: PORT: {PORT}"),
    # Wrong types, 0 and negatives
    (one(max_batch_tokens="16384"), "model 'm': max_batch_tokens should be a valid integer, not '16384' (text): write max_batch_tokens: a number"),
    (one(max_batch_tokens=True), "model 'm': max_batch_tokens should be a valid integer, not True (a boolean): write max_batch_tokens: a number"),
    (one(max_batch_tokens=1.5), "model 'm': max_batch_tokens should be a valid integer, not 1.5 (a decimal number): write max_batch_tokens: a number"),
    (one(max_batch_tokens=0), "model 'm': max_batch_tokens should be greater than or equal to 1, not 0 (a number): write max_batch_tokens: 1"),
    (one(max_client_batch_size=-1), "model 'm': max_client_batch_size should be greater than or equal to 1, not -1 (a number): write max_client_batch_size: 1"),
    (one(tokenization_workers=0), "model 'm': tokenization_workers should be greater than or equal to 1, not 0 (a number): write tokenization_workers: 1"),
    (one(deploy_timeout_minutes=5), "model 'm': deploy_timeout_minutes should be greater than or equal to 10, not 5 (a number): write deploy_timeout_minutes: 10"),
    (one(auto_truncate="yes"), "model 'm': auto_truncate should be a valid boolean, not 'yes' (text): write auto_truncate: true or false"),
    (one(gated=1), "model 'm': gated should be a valid boolean, not 1 (a number): write gated: true or false"),
    (one(extra_flags="--json-output"), "model 'm': extra_flags should be a list, not '--json-output' (text): write extra_flags: a list"),
    (one(revision=1234567), "model 'm': revision should be a valid string, not 1234567 (a number): write revision: a text in quotes, e.g. '1234567'"),
    (one(env={"A": 1}), "model 'm': env.A should be a valid string, not 1 (a number): write env.A: a text in quotes, e.g. '1'"),
    (one(env={"A\nB": 1}), "model 'm': env.A B should be a valid string, not 1 (a number): write env.A B: a text in quotes, e.g. '1'"),
    (one(labels={"team": 7}), "model 'm': labels.team should be a valid string, not 7 (a number): write labels.team: a text in quotes, e.g. '7'"),
    # Autoscaling
    (one(autoscaling={"schedules": {"a": {"weekdays": ["MONDAY"], "hours": "8-9"}}}), "model 'm': unknown key 'autoscaling.schedules.a.weekdays'. Write days: mon-fri"),
    (one(autoscaling={"schedules": {"a": {"hours": "8-9", "min_replicas": 3}}}), "model 'm': unknown key 'autoscaling.schedules.a.min_replicas'. Write min_replica: 3"),
    (one(autoscaling={"schedules": {"a": {"start_hour": 8, "timezone": "UTC"}}}), "model 'm': unknown key 'autoscaling.schedules.a.start_hour'. Write hours: 22:00-06:00"),
    (one(autoscaling={"schedules": {"a": {"hours": 8, "timezone": "UTC"}}}), "model 'm': autoscaling.schedules.a.hours should be a valid string, not 8 (a number): write autoscaling.schedules.a.hours: 22:00-06:00"),
    (one(autoscaling={"warm": {"hours": "8-9", "timezone": "UTC"}}), "model 'm': autoscaling.warm.min_replica is missing: write autoscaling.warm.min_replica: 2"),
    (one(autoscaling={"warm": {"hours": "8-9", "timezone": "UTC", "min_replica": 1, "max_replica": 3}}), "model 'm': unknown key 'autoscaling.warm.max_replica'. warm takes days, hours, timezone and min_replica alone: write a schedule, with max_replica: 3"),
    (one(autoscaling={"warm": {"hours": "8-9", "timezone": "UTC", "min_replica": 2}}), "model 'm': TEI-SPEC-013 autoscaling.warm.min_replica 2 is above max_replica 1: write max_replica: 2 or more in autoscaling, or a lower min_replica"),
    (one(autoscaling={"warm": {"hours": "8-9", "timezone": "CEST", "min_replica": 1}}), "model 'm': TEI-SPEC-011 autoscaling.warm: timezone 'CEST' is not known: write one of the IANA's, e.g. timezone: Europe/Berlin"),
    (one(autoscaling={"min_replica": 3}), "model 'm': TEI-SPEC-007 autoscaling.min_replica 3 is above max_replica 1: write max_replica: 3 or more"),
    (one(autoscaling={"min_replica": -1}), "model 'm': autoscaling.min_replica should be greater than or equal to 0, not -1 (a number): write autoscaling.min_replica: 0"),
    (one(autoscaling={"max_replica": 0}), "model 'm': autoscaling.max_replica should be greater than or equal to 1, not 0 (a number): write autoscaling.max_replica: 1"),
    (one(autoscaling={"autoscaling_window": 5000}), "model 'm': autoscaling.autoscaling_window should be less than or equal to 3600, not 5000 (a number): write autoscaling.autoscaling_window: 3600"),
    (one(autoscaling={"concurrency_target": 64}), "model 'm': TEI-TOK-005 autoscaling.concurrency_target 64 is above predict_concurrency 32, so a replica could never reach it: write concurrency_target: 32 or less"),
    # Flags and variables that are generated, unknown, doubled or cannot be passed on
    (one(extra_flags=["--max-batch-tokens=1"]), "model 'm': TEI-FLAG-003 extra_flags: --max-batch-tokens is generated already: write max_batch_tokens: … instead"),
    (one(extra_flags=["--payload-limt=1"]), "model 'm': TEI-FLAG-001 extra_flags: TEI has no flag --payload-limt: leave it out. Perhaps you meant 'payload-limit'?"),
    (one(extra_flags=["--foo\nbar"]), "model 'm': TEI-FLAG-001 extra_flags: TEI has no flag --foo bar: leave it out"),
    (one(extra_flags=["--json-output", "--json-output"]), "model 'm': TEI-FLAG-003 extra_flags: --json-output is given twice, and TEI refuses that: keep one"),
    (one(extra_flags=["--json-output=true"]), "model 'm': TEI-FLAG-002 extra_flags: --json-output takes no value: write --json-output"),
    (one(extra_flags=["--payload-limit"]), "model 'm': TEI-FLAG-002 extra_flags: --payload-limit needs a value: write --payload-limit=VALUE"),
    (one(extra_flags=["--payload-limit=4MB"]), "model 'm': TEI-FLAG-002 extra_flags: --payload-limit '4MB' is not a number above 0: write --payload-limit=<number>"),
    (one(extra_flags=["--otlp-service-name=50%"]), f"model 'm': TEI-FLAG-007 extra_flags: --otlp-service-name {SUPERVISOR} leave it out"),
    (one(default_prompt="100% of: "), f"model 'm': TEI-FLAG-007 default_prompt {SUPERVISOR} leave it out of default_prompt, or put the prompt before the text in the client"),
    (one(served_model_name="50%", tei_version="1.9.3"), f"model 'm': TEI-FLAG-007 served_model_name {SUPERVISOR} leave it out"),
    (one(served_model_name="x"), "model 'm': TEI-FLAG-005 served_model_name needs TEI 1.9.0 (TEI 1.8.3 does not start with it): leave it out, or write tei_version: 1.9.3"),
    (one(default_prompt="a", default_prompt_name="b"), "model 'm': TEI-FLAG-003 default_prompt and default_prompt_name are both set: keep one of them"),
    (one(env={"MAX_BATCH_TOKENS": "1"}), "model 'm': TEI-FLAG-006 env: MAX_BATCH_TOKENS is generated already: write max_batch_tokens: … instead"),
    (one(env={"PAYLOAD_LIMIT": "1"}), "model 'm': TEI-FLAG-006 env: PAYLOAD_LIMIT sets a router flag: write extra_flags: ['--payload-limit=VALUE'] instead"),
    (one(env={"A-B": "1"}), "model 'm': TEI-SPEC-005 env: 'A-B' is not an environment variable's name: write letters, digits and '_'"),
    (one(labels={"config_digest": "1"}), "model 'm': TEI-SPEC-006 labels: config_digest is set by the push itself: write another name"),
    # Tokens
    (one(env={"HF_TOKEN": "x"}), f"model 'm': TEI-SEC-013 env: HF_TOKEN {SECRET}"),
    (one(env={"HF_API_TOKEN": "x"}), f"model 'm': TEI-SEC-013 env: HF_API_TOKEN {SECRET}"),
    (one(env={"ANY": TOKEN}), f"model 'm': TEI-SEC-004 env.ANY {IN_CLEAR}"),
    (one(labels={"owner": TOKEN}), f"model 'm': TEI-SEC-004 labels.owner {IN_CLEAR}"),
    (one(extra_flags=[f"--hf-token={TOKEN}"]), f"model 'm': TEI-SEC-004 extra_flags[0] {IN_CLEAR}"),
    (one(extra_flags=["--hf-token=x"]), f"model 'm': TEI-FLAG-004 extra_flags: --hf-token: {TOKEN_ON_COMMAND_LINE}"),
    (one(default_prompt=TOKEN), f"model 'm': TEI-SEC-004 default_prompt {IN_CLEAR}"),
    (one(accelerator=TOKEN), f"model 'm': TEI-SEC-004 accelerator {IN_CLEAR}"),
]  # fmt: skip


@pytest.mark.parametrize(("models", "line"), TABLE, ids=[line[:70] for _, line in TABLE])
def test_a_mistake_is_told_in_this_one_line(models: object, line: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_settings(models)
    assert caught.value.problems == (line,)
    assert str(caught.value).splitlines() == [line]


def test_several_mistakes_are_told_at_once_a_line_each() -> None:
    models = {"a": raw(acelerator="L4", port=8080), "b": raw(accelerator="V100", revision="")}
    with pytest.raises(UserError) as caught:
        parse_settings(models)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["model 'a'"] * 2 + [
        "model 'b'"
    ] * 2


@pytest.mark.parametrize(
    "name", ["My Truss", "BERT large (v2)", "für Suche", "検索", "a" * 255, "50% off; $HOME"]
)
def test_a_models_name_on_baseten_is_any_text(name: str) -> None:
    assert parse_settings({"bge": raw(model_name=name)}).models["bge"].model_name == name


def test_names_in_other_letters_are_told_apart() -> None:
    found = parse_settings({"a": raw(model_name="検索"), "b": raw(model_name="検査")})
    assert [*found.models] == ["a", "b"]


def test_the_shortest_spec_is_no_mistake() -> None:
    assert parse_settings({"bge": raw()}).models["bge"].model_id == "BAAI/bge-base-en-v1.5"


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(TOKEN)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from([*type(parse_settings({"m": raw()}).models["m"]).model_fields])
nearly = st.dictionaries(keys | st.just(TOKEN), anything, max_size=4).map(lambda it: raw() | it)


@settings(max_examples=60)
@given(anything | st.dictionaries(scalars, nearly | anything, max_size=3))
def test_whatever_is_written_is_taken_or_refused_in_lines_without_a_token(models: object) -> None:
    for line in refused(models):
        assert len(line.splitlines()) == 1
        assert TOKEN not in line


def refused(models: object) -> tuple[str, ...]:
    try:
        parse_settings(models)
    except UserError as error:
        return error.problems
    return ()
