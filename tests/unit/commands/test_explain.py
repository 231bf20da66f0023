"""`baseten-tei explain`: formulas with numbers, memory with its band, prices, and the README's advice."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.commands.explain import explain_model
from baseten_tei.deployment.config.published_advice import compare_with_advice
from baseten_tei.deployment.sizes.sizing import derive_values, size_spec
from baseten_tei.facts.hub.lockfile import lock_path, render_lock
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_spec
from tests.support.corpus import COMMIT, healthy_facts
from tests.support.harness import DEV_STACK
from tests.support.specs import raw


def written(**more: Any) -> ModelArgs:
    args = parse_spec("bge", raw(revision=COMMIT, **more))
    assert not isinstance(args, list), args
    return args


def told(facts: dict[str, Any] | None = None, **spec: Any) -> str:
    return explain_model("bge", written(**spec), healthy_facts("embedding", **(facts or {})))


def test_each_derived_value_is_shown_with_formula_numbers_and_source() -> None:
    text = told()
    for found in derive_values(written(), healthy_facts("embedding")):
        for said in (f"{found.key}: {found.value}", found.formula, found.numbers, found.source):
            assert said in text


LONG = {"max_position_embeddings": 32768, "max_seq_length": 32768}


@pytest.mark.parametrize(
    ("spec", "facts", "key", "value", "reason"),
    [
        ({"accelerator": "H100"}, LONG, "max_client_batch_size", 15, "the payload limit"),
        ({}, {}, "max_client_batch_size", 32, "a low number lets autoscaling"),
        ({"accelerator": "CPU"}, {}, "max_client_batch_size", 8, "without a GPU TEI batches 8"),
        ({"max_concurrent_requests": 40}, {}, "max_client_batch_size", 20, "20 of 40 permits may"),
        ({"max_concurrent_requests": 640}, {}, "predict_concurrency", 20, "640 has room for no"),
        ({}, {}, "predict_concurrency", 32, "Baseten's own number for TEI"),
        ({"accelerator": "CPU"}, {}, "predict_concurrency", 8, "without a GPU TEI batches 8"),
        ({}, {}, "max_concurrent_requests", 1024, "each request that Baseten lets in has a permit"),
        ({"accelerator": "CPU"}, {}, "max_concurrent_requests", 128, "TEI 1.8.3 aborts when all"),
        ({"accelerator": "H100"}, LONG, "max_batch_tokens", 32768, "the longest text"),
        ({}, {}, "max_batch_tokens", 16384, "little gain above 16000 tokens"),
        ({"accelerator": "L4"}, {}, "tokenization_workers", 3, "4 vCPUs, less one"),
    ],
)
def test_the_reason_is_the_bound_that_decided(
    spec: dict[str, Any], facts: dict[str, Any], key: str, value: int, reason: str
) -> None:
    text = told(facts, **spec)
    said = text.partition(f"  {key}: {value}\n")[2].partition("    source:")[0]
    assert f"    because: {reason}" in said or (reason in said and "    because: " in said)
    advice = [line for line in text.splitlines() if line.startswith(f"  {key} ")]
    assert all(reason in line or line.endswith("the same here") for line in advice)


def test_what_the_spec_says_is_not_given_another_reason() -> None:
    advice = told(max_client_batch_size=16, predict_concurrency=8).partition("The advice of")[2]
    assert "here 16: the spec says so" in advice
    assert "here 8: the spec says so" in advice


def test_memory_is_shown_by_parts_with_a_band_and_a_verdict() -> None:
    text = told(max_batch_tokens=32768)
    assert "weights      0.20 GiB (0.20 to 0.22)      109,482,240 parameters * 2 B" in text
    assert "32,768 tokens * (3072 + 4 * 768) * 2 B" in text
    assert "attention    0.00 GiB (0.00 to 0.00)      flash" in text
    assert "of 22.5 GiB: fits" in text


@pytest.mark.parametrize(
    ("billions", "verdict"), [(1, ": fits"), (11, ": may not fit"), (14, ": does not fit")]
)
def test_the_verdict_follows_the_band(billions: int, verdict: str) -> None:
    facts = {"weights": {"parameters": billions * 10**9}}
    assert f"of 22.5 GiB{verdict}" in told(facts, accelerator="L4")


def test_cost_is_shown_for_the_chosen_and_for_the_cheapest_gpu() -> None:
    text = told(accelerator="L4")
    assert "L4 (L4:4x16): $0.01414 a minute, $619 a month where it never sleeps" in text
    assert "cheapest GPU that fits: T4 (T4x4x16): $0.01052 a minute" in text
    assert "that is the cheapest GPU that fits" in told(accelerator="cheapest")


def test_cheapest_that_cannot_be_found_is_said_and_nothing_made_up() -> None:
    text = told({"weights": {"parameters": 10**12}}, accelerator="cheapest")
    assert "accelerator cheapest finds no GPU" in text
    assert "Memory on" not in text


def test_the_readmes_advice_is_shown_with_the_reason_where_ours_differs() -> None:
    args, facts = size_spec(written(), healthy_facts("embedding")), healthy_facts("embedding")
    rows = {row.key: row for row in compare_with_advice(args, facts, ())}
    assert {key: (row.seed, row.ours) for key, row in rows.items()} == {
        "accelerator": ("L4", "L4"),
        "max_batch_tokens": ("32768", "16384"),
        "max_client_batch_size": ("256", "32"),
        "max_concurrent_requests": ("40", "1024"),
        "predict_concurrency": ("40", "32"),
    }
    assert [key for key, row in rows.items() if not row.why] == ["accelerator"]
    assert "32*512 is 16384" in rows["predict_concurrency"].why


def test_the_readmes_advice_for_7b_models_is_its_other_number() -> None:
    facts = healthy_facts("embedding", weights={"parameters": 7_000_000_000})
    [row] = [
        it
        for it in compare_with_advice(size_spec(written(), facts), facts, ())
        if it.key == "max_batch_tokens"
    ]
    assert row.seed == "8192"


def test_the_dev_stack_can_be_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(DEV_STACK, tmp_path, dirs_exist_ok=True)
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    for model in ("bge", "bge-reranker", "go-emotions"):
        assert main(["explain", model, "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("Cost (Baseten's prices of") == 3


def test_what_was_pushed_before_it_was_locked_derives_nothing() -> None:
    facts = healthy_facts("embedding").model_copy(update={"pushed_unlocked": True})
    assert "kept so (pushed_unlocked): nothing is derived" in explain_model("bge", written(), facts)


def stack(root: Path, *, locked: bool = True) -> Path:
    """A folder with one stack of one model, locked or not."""
    (root / "Pulumi.yaml").write_text("name: project\n")
    (root / "Pulumi.dev.yaml").write_text(
        "config:\n  baseten-tei:models:\n"
        f"    bge: {{task: embedding, model_id: BAAI/bge-base-en-v1.5, revision: {COMMIT}}}\n"
    )
    if locked:
        lock_path(root, "dev").parent.mkdir()
        lock_path(root, "dev").write_text(render_lock([healthy_facts("embedding")]))
    return root


def test_a_model_is_found_by_name_in_its_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "bge", "--root", str(stack(tmp_path)), "--stack", "dev"]) == 0
    assert capsys.readouterr().out.startswith("bge: BAAI/bge-base-en-v1.5 at 0123456789ab\n")


@pytest.mark.parametrize(
    ("argv", "locked", "line"),
    [
        (["bgee"], True, "stack 'dev' has no model 'bgee'. Perhaps you meant 'bge'? It has: 'bge'"),
        (["bge", "--stack", "prod"], True, "It has: 'dev'"),
        (["bge"], False, "is not in locks/dev.yaml: run baseten-tei lock"),
    ],
)
def test_what_cannot_be_explained_is_one_line_and_exit_code_2(
    argv: list[str],
    locked: bool,
    line: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", *argv, "--root", str(stack(tmp_path, locked=locked))]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip().endswith(line)
    assert printed.err.count("\n") == 1
