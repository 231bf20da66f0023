"""What a tuning leaves behind: evidence, pictures, the throughput that reports price by, the stack's changed spec."""

import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.operations.adoption.yaml_edit import with_values
from baseten_tei.operations.tuning.autoscaling import Derived
from baseten_tei.operations.tuning.evidence import (
    EMULATOR,
    FOLDER,
    CurveLoad,
    Occasion,
    evidence,
    throughput,
)
from baseten_tei.operations.tuning.options import Plan
from baseten_tei.operations.tuning.plot_files import drawn
from baseten_tei.operations.tuning.prediction_files import by_gpu
from baseten_tei.operations.tuning.search import Found
from baseten_tei.operations.tuning.spec_changes import values_to_write
from baseten_tei.project import generated_files
from baseten_tei.project.stack import Workspace
from baseten_tei.review.report.throughput import FOLDER as THROUGHPUT

PACKAGES = ("httpx", "truss")


@dataclass(frozen=True)
class Record:
    """Where one tuning is put on file."""

    workspace: Workspace
    subject: Subject
    plan: Plan

    def written(
        self, found: Found, curve: Sequence[CurveLoad], scaling: Derived | None
    ) -> Iterator[str]:
        """Write it: what was written, a line each."""
        occasion = self._occasion()
        name = f"{occasion.date}-{self.workspace.stack}-{self.subject.name}"
        told = evidence(self.subject.name, self.subject.args, occasion, found, curve, scaling)
        yield self._file(f"{FOLDER}/{name}.json", told)
        if curve:
            gpus = by_gpu(self.workspace, self.subject.facts)
            yield from drawn(self.workspace.root / FOLDER / name, told, gpus, self.plan.wish)
        yield from self._priced(name, occasion, found)
        yield from self._configured(found, scaling)

    def _priced(self, name: str, occasion: Occasion, found: Found) -> Iterator[str]:
        """An emulator's figures are no result that a report may price tokens by."""
        if self.workspace.target.loopback:
            yield f"not written into {THROUGHPUT}: an emulator's figures are no price of anything"
        elif found.best.summary:
            entry = throughput(self.subject.args, occasion, found.best)
            yield self._file(f"{THROUGHPUT}/{name}.json", entry)

    def _configured(self, found: Found, scaling: Derived | None) -> Iterator[str]:
        before, best = found.baseline.point, found.best.point
        wanted = scaling.settings if scaling else None
        values = values_to_write(self.subject.args, before, best, wanted)
        path, name = self.workspace.path, self.subject.name
        if values and not self.plan.write:
            yield f"{path.name} would get {json.dumps({name: values})}"
        elif values:
            generated_files.write_if_changed(path, with_values(self.workspace.text, name, values))
            yield f"wrote {path.name}: look at `git diff`, then run `baseten-tei generate` and `pulumi preview`"

    def _file(self, path: str, content: object) -> str:
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
