"""Pages as users get them, of ordinary stacks and of extreme ones, to be looked at in a browser."""

from collections.abc import Callable
from typing import Any

from baseten_tei.operations.status.changes import Change
from baseten_tei.operations.status.html import render_page as status_page
from baseten_tei.operations.status.live import Row
from baseten_tei.operations.status.report import Standing
from baseten_tei.operations.status.urns import PUSH
from baseten_tei.review.report.document import Cost, Found, ModelReport, Money, Report, StackReport
from baseten_tei.review.report.html import render_page as report_page

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


def row(name: str, environment: str = "production", **more: Any) -> Row:
    """A healthy environment of a model."""
    fields = {
        "status": "ACTIVE", "replicas": "1 of 0-3", "version": "w7m4kpe", "digest": "795a080ce110d9fc",
        "usd_per_hour": 0.85, "drift": (),
    }  # fmt: skip
    return Row(name, environment, **{**fields, **more})


def status_pages() -> dict[str, str]:
    """Nothing to do; changes; thirty models of which some are not well; an emulator's; an empty stack."""
    rows = [row(name) for name, *_ in MODELS]
    fleet = [
        row(f"{MODELS[n % 5][0]}-{n:02}", "staging" if n % 3 else "production") for n in range(26)
    ]
    unwell = [
        row("search", drift=DRIFT),
        row("rerank", status="GONE", replicas="0", version="", digest="", usd_per_hour=0.0,
            drift=("the model is not on Baseten",)),
        row(LONG, status="SCALED_TO_ZERO", replicas="0 of 0-120", usd_per_hour=0.0, drift=DRIFT * 2),
        row(UNBROKEN, "customer-acceptance-testing", status="BUILD_FAILED", usd_per_hour=None),
    ]  # fmt: skip
    changes = (
        Change("update", "search", PUSH, ("max_batch_tokens", "environments.production.autoscaling.max_replica")),
        Change("update", "search-push", PUSH, ("environment.BASETEN_TEI_DIGEST", "environment.BASETEN_TEI_LABELS")),
        Change("create", f"{UNBROKEN}-push", PUSH),
        Change("delete", f"{LONG}-production", PUSH),
    )  # fmt: skip
    unknown = ("the value of hf_access_key, which only `pulumi preview` reads",)
    emulated = [row(name, emulator=True, usd_per_hour=0.0) for name, *_ in MODELS[:3]]
    return {
        "status-well": status_page(Standing("production", 5), rows, NOW),
        "status-changes": status_page(Standing("production", 5, changes, unknown), None, NOW),
        "status-fleet": status_page(Standing("production", 30, changes, unknown), [*unwell, *fleet], NOW),
        "status-emulator": status_page(Standing("dev", 3), emulated, NOW),
        "status-empty": status_page(Standing("dev", 0), [], NOW),
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


def reports() -> dict[str, Report]:
    """A usual change; a fleet with errors, drift and unknown prices; a preview that stops; nothing; an emulator's."""
    error = Found(
        level="error", rule="TEI-MEM-001", model=LONG,
        message="`max_batch_tokens` 131072 takes 41 GiB, and H100_40GB has 40", fix="write max_batch_tokens: 65536",
    )  # fmt: skip
    advice = Found(
        level="advisory", rule="allowed-licences", model="search", message="licence of BAAI/bge is unknown",
        fix="type `make lock`",
    )  # fmt: skip
    fleet = [model(n, kind="unchanged" if n % 4 else "pushed", why={}) for n in range(2, 30)]
    unknown = Money(minimum=None, typical=None, maximum=None)
    breaking = model(
        0, breaks=("revision a5beb1e3e68b → bbbbbbbbbbbb: vectors do not compare with stored ones",),
        drift={"autoscaling.max_replica": "1 → 4"},
    )  # fmt: skip
    priced = model(1, kind="created", cost=Cost(before=unknown, after=unknown), why={})
    same = model(0, kind="unchanged", why={}, diff="", notices=(), traffic=())
    return {
        "report-usual": Report(stacks=(stack(model(0), same, policies=(advice,)),)),
        "report-fleet": Report(
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
        "report-stopped": Report(
            stacks=(stack(errors=(f"Pulumi.production.yaml: {UNBROKEN}: unknown key 'max_batch_token'",)),)
        ),
        "report-emulator": Report(stacks=(stack(model(0), same, stack="dev", on_emulator=True),)),
        "report-nothing": Report(stacks=(stack(same),)),
    }  # fmt: skip


def pages() -> dict[str, str]:
    """All of them as HTML, by name."""
    render: Callable[[Report], str] = report_page
    return {**status_pages(), **{name: render(report) for name, report in reports().items()}}
