"""Pages as users get them, of ordinary stacks and of extreme ones, to be looked at in a browser."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.comment_picture import render_page as comment_page

from baseten_tei.operations.spaces.verification_page import render_page as verification_page
from baseten_tei.operations.status.engine_changes import EngineChange
from baseten_tei.operations.status.live_environments import LiveEnvironment
from baseten_tei.operations.status.stack_status import StackStatus
from baseten_tei.operations.status.status_page import render_page as status_page
from baseten_tei.operations.tuning.derive_autoscaling import Wish
from baseten_tei.operations.tuning.plot_files import draw_charts
from baseten_tei.operations.tuning.prediction import TERAFLOPS, predict
from baseten_tei.review.report.html_report import render_page as report_page
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import (
    ChangeReport,
    Cost,
    ModelReport,
    Money,
    ReportedFinding,
    StackReport,
)
from baseten_tei.spec.type_tokens import PUSH
from tests.support.pages.verification_records import SPOILT, WHOLE, record

COMMENTS = Path(__file__).parents[2] / "golden" / "comments"
NOW = "2026-11-27 10:15:00 UTC"
LONG = "multilingual-customer-support-semantic-search-with-instructions"
UNBROKEN = "sentencetransformersparaphrasemultilingualminilml12v2finetunedonsupport"
MODELS = (
    ("search", "BAAI/bge-base-en-v1.5", "L4:4x16"),
    ("rerank", "BAAI/bge-reranker-base", "L4:4x16"),
    ("go-emotions", "SamLowe/roberta-base-go_emotions", "T4x4x16"),
    (LONG, "sentence-transformers/paraphrase-multilingual-mpnet-base-v2", "H100_40GB:11x90"),
    (UNBROKEN, f"{UNBROKEN}/{UNBROKEN}", "A10G:4x16"),
)
DRIFT = (
    "autoscaling.max_replica 1 → 4", "autoscaling.scale_down_delay 900 → 60",
    "deployment qr0x9zd served, not w7m4kpe",
)  # fmt: skip
DIFF = """@@ -17,7 +17,7 @@
   # max-concurrent-requests counts texts, not requests: 32 requests of up to 32 texts
-  start_command: "text-embeddings-router --port=7997 --model-id=/models/BAAI/bge-base-en-v1.5 --max-batch-tokens=16384"
+  start_command: "text-embeddings-router --port=7997 --model-id=/models/BAAI/bge-base-en-v1.5 --max-batch-tokens=8192"
   # Never 8080: Baseten's own proxy listens there."""


def row(name: str, environment: str = "production", **more: Any) -> LiveEnvironment:
    """A healthy environment of a model."""
    fields = {
        "status": "ACTIVE", "replicas": "1 of 0-3", "version": "w7m4kpe", "digest": "795a080ce110d9fc",
        "usd_per_hour": 0.85, "drift": (),
    }  # fmt: skip
    return LiveEnvironment(name, environment, **{**fields, **more})


def status_pages() -> dict[str, str]:
    """Nothing to do; changes; thirty models of which some are not well; an emulator's; an empty stack."""
    rows = [row(name) for name, *_ in MODELS]
    fleet = [
        row(f"{MODELS[n % 5][0]}-{n:02}", "staging" if n % 3 else "production") for n in range(26)
    ]
    usual = [
        row("search", drift=DRIFT[:1], replicas="1 of 0-4"),
        row("rerank", "staging", status="UNHEALTHY", replicas="0 of 1-2", usd_per_hour=0.0,
            drift=("status UNHEALTHY",)),
        row("go-emotions", version="z9rowox", digest="bdcca9cf2e62b36c", usd_per_hour=0.63),
        row("rerank", version="pyju2rj", digest="190c69cfdf512adc"),
        row("search", "staging", status="SCALED_TO_ZERO", replicas="0 of 0-1", usd_per_hour=0.0),
    ]  # fmt: skip
    unwell = [
        row("search", drift=DRIFT),
        row("rerank", status="GONE", replicas="0", version="", digest="", usd_per_hour=0.0,
            drift=("the model is not on Baseten",)),
        row(LONG, status="SCALED_TO_ZERO", replicas="0 of 0-120", usd_per_hour=0.0, drift=DRIFT * 2),
        row(UNBROKEN, "customer-acceptance-testing", status="BUILD_FAILED", usd_per_hour=None),
    ]  # fmt: skip
    changes = (
        EngineChange("update", "search", PUSH, ("max_batch_tokens", "environments.production.autoscaling.max_replica")),
        EngineChange("update", "search-push", PUSH,
                     ("environment.BASETEN_TEI_DIGEST", "environment.BASETEN_TEI_LABELS")),
        EngineChange("create", f"{UNBROKEN}-push", PUSH),
        EngineChange("delete", f"{LONG}-production", PUSH),
    )  # fmt: skip
    unknown = ("the value of hf_access_key, which only `pulumi preview` reads",)
    emulated = [row(name, emulator=True, usd_per_hour=0.0) for name, *_ in MODELS[:3]]
    return {
        "status-usual": status_page(StackStatus("production", 3, changes[:2], unknown), usual, NOW),
        "status-well": status_page(StackStatus("production", 5), rows, NOW),
        "status-changes": status_page(StackStatus("production", 5, changes, unknown), None, NOW),
        "status-fleet": status_page(StackStatus("production", 30, changes, unknown), [*unwell, *fleet], NOW),
        "status-emulator": status_page(StackStatus("dev", 3), emulated, NOW),
        "status-empty": status_page(StackStatus("dev", 0), [], NOW),
    }  # fmt: skip


def model(number: int, **more: Any) -> ModelReport:
    """A model of a fleet, that changes in a usual way."""
    name, model_id, instance = MODELS[number % len(MODELS)]
    money = Money(minimum=0.0, typical=619.33, maximum=1858.0)
    more_money = Money(minimum=619.33, typical=1238.66, maximum=12_386.64)
    fields = {
        "name": name if number < len(MODELS) else f"{name}-{number:02}",
        "task": "embedding",
        "model_id": model_id,
        "instance_type": instance,
        "kind": "pushed",
        "why": {"max_batch_tokens": "16384 → 8192", "environments.production.autoscaling.max_replica": "3 → 20"},
        "diff": DIFF,
        "notices": ("`model` in answers: BAAI/bge-base-en-v1.5 → model",),
        "traffic": ("it gets traffic once it is ready, `/info` says what was asked for, and it answered a call",),
        "cost": Cost(before=money, after=more_money),
        "usd_per_million_tokens": 0.0024,
        "measured": "98,000 tokens/s on L4:4x16, TEI 1.8.3, 2026-11-20",
    }  # fmt: skip
    return ModelReport(**{**fields, **more})


def stack(*models: ModelReport, **more: Any) -> StackReport:
    """A stack that is compared with a snapshot of its state."""
    fields = {
        "stack": "production",
        "origin": "the state snapshot of commit 0000000, without credentials",
        "models": models,
        "prices": "Baseten's price list of 2026-08-27",
        "cost": Cost(
            before=Money(minimum=0.0, typical=619.33, maximum=5574.0),
            after=Money(minimum=619.33, typical=1238.66, maximum=123_866.4),
        ),
    }
    return StackReport(**{**fields, **more})


def reports() -> dict[str, ChangeReport]:
    """A usual change; a fleet with errors, drift and unknown prices; a preview that stops; nothing; an emulator's."""
    error = ReportedFinding(
        level="error", rule="TEI-MEM-001", model=LONG,
        message="`max_batch_tokens` 131072 takes 41 GiB, and H100_40GB has 40", fix="write max_batch_tokens: 65536",
    )  # fmt: skip
    advice = ReportedFinding(
        level="advisory", rule="allowed-licences", model="search", message="licence of BAAI/bge is unknown",
        fix="run `baseten-tei lock`",
    )  # fmt: skip
    fleet = [model(n, kind="unchanged" if n % 4 else "pushed", why={}) for n in range(2, 30)]
    unknown = Money(minimum=None, typical=None, maximum=None)
    breaking = model(
        0, breaks=("revision a5beb1e3e68b → bbbbbbbbbbbb: vectors do not compare with stored ones",),
        drift={"autoscaling.max_replica": "1 → 4"},
    )  # fmt: skip
    priced = model(1, kind="created", cost=Cost(before=unknown, after=unknown), why={})
    money = Money(minimum=0.0, typical=619.33, maximum=619.33)
    kept = Cost(before=money, after=money)
    usual = Cost(
        before=Money(minimum=0.0, typical=1238.66, maximum=2477.33),
        after=Money(minimum=619.33, typical=1857.99, maximum=13_005.97),
    )
    same = model(1, kind="unchanged", cost=kept, why={}, diff="", notices=(), traffic=())
    return {
        "report-usual": ChangeReport(stacks=(stack(model(0), same, policies=(advice,), cost=usual),)),
        "report-fleet": ChangeReport(
            contract=("models.*.space.fingerprint is gone",),
            stacks=(
                stack(
                    breaking, priced, *fleet, findings=(error,), policies=(advice,),
                    secrets=("hf_access_key: a new value; restarts search",),
                    cost=Cost(before=unknown, after=unknown, unpriced=("A10G:4x16", "L40S")),
                ),
                stack(same, stack="staging"),
            ),
        ),
        "report-stopped": ChangeReport(
            stacks=(stack(errors=(f"Pulumi.production.yaml: {UNBROKEN}: unknown key 'max_batch_token'",)),)
        ),
        "report-emulator": ChangeReport(stacks=(stack(model(0), same, stack="dev", on_emulator=True),)),
        "report-nothing": ChangeReport(stacks=(stack(same),)),
    }  # fmt: skip


def comments() -> dict[str, str]:
    """Comments of pull requests, styled as GitHub does: made by the engine, and one of every report."""
    golden = {path.stem: path.read_text() for path in COMMENTS.glob("*.md") if path.stem != "fleet"}
    made = {name: render_markdown(report) for name, report in reports().items()}
    return {f"comment-{name}": comment_page(text) for name, text in {**golden, **made}.items()}


def verifications() -> dict[str, str]:
    """One that passed; one with much that failed and long names; one without a judge."""
    return {
        "verification-usual": verification_page(record()),
        "verification-failed": verification_page(record(SPOILT)),
        "verification-unjudged": verification_page(record(replace(WHOLE, judgement=None))),
    }


def pages() -> dict[str, str]:
    """All of them as HTML, by name."""
    report_pages = {name: report_page(report) for name, report in reports().items()}
    return {**status_pages(), **report_pages, **verifications(), **comments()}


POINT = {
    "max_batch_tokens": 32768,
    "max_client_batch_size": 32,
    "predict_concurrency": 32,
    "tokenization_workers": 3,
}
BEST = {**POINT, "max_batch_tokens": 8192, "predict_concurrency": 8}


def evidence(where: str = "an emulator", **more: Any) -> dict[str, Any]:
    """What a tuning saw: tries that rise, bend and fall, and loads up to a replica's most."""
    speeds = {32768: 7407, 16384: 8197, 8192: 8345, 4096: 6380, 15500: 8150}
    rising = ((1, 30, 1210), (2, 43.1, 1800), (4, 51, 3240), (8, 53.2, 6300), (16, 53.4, 12400))
    return {
        "model": "bge", "model_id": "BAAI/bge-base-en-v1.5", "tei_version": "1.8.3", "gain": 0.127,
        "instance_type": "L4:4x16", "where": where, "date": "2026-11-26", "texts": "passages",
        "machine": "Linux x86_64", "baseline": POINT, "recommended": BEST,
        "probes": [*(_probe(x, y, POINT) for x, y in speeds.items()), _probe(8192, 8345, BEST)],
        "curve": _curve(*rising, (0, 22, 1560), (0, 31.3, 2470)),
        **more,
    }  # fmt: skip


def _probe(tokens: int, tokens_per_second: float, point: dict[str, int]) -> dict[str, Any]:
    summary = _summary(tokens_per_second / 150, 1300.0)
    return {**point, "max_batch_tokens": tokens, "failed": "", "summary": summary}


def _curve(*loads: tuple[int, float, float | None]) -> list[dict[str, Any]]:
    return [{"in_flight": number, "summary": _summary(x, y)} for number, x, y in loads]


def _summary(texts_per_second: float, p95_ms: float | None) -> dict[str, Any]:
    slow = None if p95_ms is None else 1.12 * p95_ms
    usual = None if p95_ms is None else 0.8 * p95_ms
    return {
        "texts_per_second": texts_per_second, "tokens_per_second": 150 * texts_per_second, "error": 0.035,
        "p50_ms": usual, "p95_ms": p95_ms, "p99_ms": slow,
    }  # fmt: skip


def tune_evidence() -> dict[str, dict[str, Any]]:
    """A usual tuning on an emulator; a wide search of a long model on Baseten; one of which little came back."""
    wide = [_probe(2**n, 135_000 - (14 - n) ** 2 * 3_000, POINT) for n in range(9, 18)]
    rising = ((2**n, 200.0 + 120 * min(n, 6) + n, 40.0 * 1.9**n) for n in range(9))
    return {
        "tune-usual": evidence(),
        "tune-wide": evidence(
            "https://api.baseten.co", model=LONG, model_id=f"sentence-transformers/{LONG}",
            instance_type="L4:4x16", probes=wide, recommended={**POINT, "max_batch_tokens": 16384},
            curve=_curve(*rising, (0, 450.0, 60.0), (0, 720.0, 95.0)),
        ),
        "tune-little": evidence(probes=[_probe(8192, 8345, BEST)], curve=_curve((1, 0.0, None), (2, 3.0, 900.0))),
    }  # fmt: skip


def draw_tune_pages(folder: Path) -> None:
    """Write the pages and pictures of these tunings."""
    efficiencies = ((gpu, predict(gpu, 109_000_000, [], {})) for gpu in TERAFLOPS)
    gpus = {gpu: prediction for gpu, prediction in efficiencies if prediction}
    few = {gpu: gpus[gpu] for gpu in ("T4", "L4", "A10G", "A100", "H100")}
    for name, found in tune_evidence().items():
        list(
            draw_charts(
                folder / name, found, gpus if name == "tune-wide" else few, Wish(400.0, 4000.0)
            )
        )
