"""Reports of any size, made without a preview."""

from typing import Any

from baseten_tei.review.report.report_data import (
    ChangeReport,
    Cost,
    ModelReport,
    Money,
    ReportedFinding,
    StackReport,
)

NONE = Money(minimum=0.0, typical=0.0, maximum=0.0)
SOME = Money(minimum=0.0, typical=619.332, maximum=1238.664)
NEW = Cost(before=NONE, after=SOME)


def model_report(name: str = "bge", word: str = "x", **more: Any) -> ModelReport:
    """A model that changes in every way a report can tell; `word` is in all that specs and drift may say."""
    fields = {
        "name": name,
        "task": "embedding",
        "model_id": word,
        "instance_type": word,
        "kind": "pushed",
        "why": {f"env.{word}": f"(none) → {word}"},
        "diff": "\n".join(["@@ -1 +1 @@", *(f"+{line}" for line in word.splitlines())]),
        "breaks": (f"default_prompt (default) → {word}",),
        "notices": (f"`model` in answers: {word}",),
        "traffic": (f"production keeps serving {word} (pinned)",),
        "drift": {f"env.{word}": f"{word} → y"},
        "cost": NEW,
        "usd_per_million_tokens": 0.0024,
        "measured": f"1 token/s, {word}",
    }
    return ModelReport(**{**fields, **more})


def stack_of(*models: ModelReport, word: str = "x", **more: Any) -> StackReport:
    """A stack of them, with something in every list."""
    found = ReportedFinding(
        level="error",
        rule="TEI-GPU-001",
        model=f"zz{word[:190]}",
        message=word,
        fix=f"write {word}",
    )
    fields = {
        "stack": "production",
        "origin": f"the preview in {word}",
        "models": models,
        "secrets": (f"{word}: is stored in Baseten",),
        "findings": (found,),
        "policies": (found.model_copy(update={"level": "advisory", "rule": word}),),
        "prices": f"this account's ({word})",
        "cost": Cost(before=NONE, after=SOME, unpriced=(word,)),
        "marks": tuple(f"{n:016}" for n in range(len(models))),
    }
    return StackReport(**{**fields, **more})


def report_of(*models: ModelReport, word: str = "x", **more: Any) -> ChangeReport:
    """One stack's report."""
    return ChangeReport(stacks=(stack_of(*models, word=word, **more),))
