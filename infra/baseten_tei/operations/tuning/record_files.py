"""What a tuning leaves behind: evidence, pictures, the throughput that reports price by, the stack's changed spec."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.queue_room import permits_for
from baseten_tei.operations.adoption.python_code import render_keywords
from baseten_tei.operations.adoption.yaml_edit import render_block, set_values
from baseten_tei.operations.tuning.derive_autoscaling import TunedAutoscaling
from baseten_tei.operations.tuning.evidence import (
    EMULATOR,
    FOLDER,
    CurveLoad,
    Occasion,
    evidence_document,
    throughput_entry,
)
from baseten_tei.operations.tuning.plot_files import draw_charts
from baseten_tei.operations.tuning.prediction_files import predict_by_gpu
from baseten_tei.operations.tuning.search import SearchResult
from baseten_tei.operations.tuning.settings_point import SettingsPoint
from baseten_tei.operations.tuning.tuning_plan import TuningPlan
from baseten_tei.project import generated_files
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import has_models
from baseten_tei.review.report.throughput import FOLDER as THROUGHPUT
from baseten_tei.spec.args import Autoscaling, ModelArgs
from baseten_tei.spec.spaces import find_place
from baseten_tei.spec.spec_parser import MODELS

DERIVED = ("concurrency_target", "target_utilization_percentage", "min_replica", "max_replica")
PACKAGES = ("httpx", "truss")


@dataclass(frozen=True)
class Record:
    """Where the results of one tuning are saved."""

    workspace: Workspace
    subject: Subject
    plan: TuningPlan

    def write(
        self, found: SearchResult, curve: Sequence[CurveLoad], scaling: TunedAutoscaling | None
    ) -> Iterator[str]:
        """Write it: what was written, a line each."""
        occasion = self._occasion()
        name = f"{occasion.date}-{self.workspace.stack}-{self.subject.name}"
        document = evidence_document(
            self.subject.name, self.subject.args, occasion, found, curve, scaling
        )
        yield self._write_json(f"{FOLDER}/{name}.json", document)
        if curve:
            gpus = predict_by_gpu(self.workspace, self.subject.facts)
            yield from draw_charts(
                self.workspace.root / FOLDER / name, document, gpus, self.plan.wish
            )
        yield from self._write_throughput(name, occasion, found)
        yield from self._write_spec(found, scaling)

    def _write_throughput(
        self, name: str, occasion: Occasion, found: SearchResult
    ) -> Iterator[str]:
        """Write the throughput that reports price by, unless it is an emulator's; yield what was written."""
        if self.workspace.target.loopback:
            yield f"not saved in {THROUGHPUT}: emulator timings say nothing about cost"
        elif found.best.summary:
            entry = throughput_entry(self.subject.args, occasion, found.best)
            yield self._write_json(f"{THROUGHPUT}/{name}.json", entry)

    def _write_spec(self, found: SearchResult, scaling: TunedAutoscaling | None) -> Iterator[str]:
        before, best = found.baseline.point, found.best.point
        wanted = scaling.settings if scaling else None
        values = values_to_write(self.subject.args, before, best, wanted)
        path, name = self.workspace.path, self.subject.name
        if values and not has_models(self.workspace):
            yield from self._program_lines(values)
        elif values and not self.plan.write:
            yield f"{path.name} would get {json.dumps({name: values})}"
        elif values:
            own, *inside = find_place(self.workspace.config[MODELS], name)
            whole = self._with_inherited(values) if inside else values
            text = set_values(self.workspace.text, own, whole, *inside)
            generated_files.write_if_changed(path, text)
            yield f"wrote {path.name}: look at `git diff`, then run `baseten-tei generate` and `pulumi preview`"

    def _program_lines(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Yield what to write into a program, which nobody edits but its author."""
        whole = self._with_inherited(values)
        python = self.workspace.runtime == "python"
        yield f"write into the program, in the spec of model {self.subject.name!r}:"
        yield render_keywords(whole, 4) if python else render_block(whole, 4).rstrip()
        yield "then run `baseten-tei generate` and `pulumi preview`"

    def _with_inherited(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values that stand for the whole of what they are written over."""
        whole = dict(values)
        if "autoscaling" in whole:
            set_already = self.subject.args.autoscaling.model_dump(exclude_unset=True)
            whole["autoscaling"] = {**set_already, **whole["autoscaling"]}
        return whole

    def _write_json(self, path: str, content: object) -> str:
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        generated_files.write_if_changed(self.workspace.root / path, text)
        return f"wrote {path}"

    def _occasion(self) -> Occasion:
        target = self.workspace.target
        return Occasion(
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
            where=EMULATOR if target.loopback else target.management_url,
            machine=f"{platform.system()} {platform.machine()}",
            versions={"python": platform.python_version(), **{it: version(it) for it in PACKAGES}},
            texts=Path(self.plan.texts).name,
            seconds_per_probe=self.plan.seconds,
            seed=self.plan.seed,
        )


def values_to_write(
    args: ModelArgs, before: SettingsPoint, best: SettingsPoint, autoscaling: Autoscaling | None
) -> dict[str, Any]:
    """Return the changed values by the spec's keys; max_concurrent_requests follows the others."""
    values: dict[str, Any] = dict(before.changes_to(best))
    if args.max_concurrent_requests is not None and values:
        texts = best.predict_concurrency * best.max_client_batch_size
        values["max_concurrent_requests"] = permits_for(args.tei_version, texts)
    if autoscaling is not None and (scaling := _compare_settings(args.autoscaling, autoscaling)):
        values["autoscaling"] = scaling
    return values


def _compare_settings(before: Autoscaling, after: Autoscaling) -> Mapping[str, int]:
    return {
        name: getattr(after, name)
        for name in DERIVED
        if getattr(after, name) != getattr(before, name)
    }
