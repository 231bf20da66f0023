"""Tuning a model of a stack: probe, recommend settings, measure those from idle to full, and save the results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.money.costs import LISTED, instance_type
from baseten_tei.errors import UserError
from baseten_tei.operations.tuning.derive_autoscaling import TunedAutoscaling, derive_autoscaling
from baseten_tei.operations.tuning.evidence import CurveLoad, curve_points, find_noisy
from baseten_tei.operations.tuning.load_texts import estimate_tokens
from baseten_tei.operations.tuning.measure_client import LoadSeries
from baseten_tei.operations.tuning.prediction_files import predict_model
from baseten_tei.operations.tuning.record_files import Record
from baseten_tei.operations.tuning.scratch_client import Scratch
from baseten_tei.operations.tuning.search import (
    NoisyProbeError,
    Probe,
    Search,
    SearchResult,
    build_probe,
)
from baseten_tei.operations.tuning.settings_point import SettingsPoint, point_of, search_bounds
from baseten_tei.operations.tuning.tuning_lines import (
    autoscaling_lines,
    bounds_line,
    noisy_line,
    prediction_line,
    probe_line,
    result_lines,
)
from baseten_tei.operations.tuning.tuning_plan import TuningPlan
from baseten_tei.project.stack import Workspace
from baseten_tei.provider.release.readiness import FailedDeploymentError


@dataclass
class Tuning:
    """One tuning; `tell` gets a line at a time."""

    workspace: Workspace
    subject: Subject
    scratch: Scratch
    texts: Sequence[str]
    plan: TuningPlan
    tell: Callable[[str], None]
    advance: Callable[[str], None] = lambda _: None
    """Called with each deployment that is done."""
    _probed: int = field(default=0, init=False)

    def run(self) -> None:
        """Run the whole tuning, and delete what was deployed for it. Raises `UserError`."""
        self.begin()
        found = self._find()
        for line in result_lines(self.subject.name, found):
            self.tell(line)
        curve = self._curve(found.best.point) if found.best.summary else []
        scaling = self._autoscaling(curve)
        kept = [it for it in curve if not it.summary.is_noisy]
        for line in Record(self.workspace, self.subject, self.plan).write(found, kept, scaling):
            self.tell(line)

    def _find(self) -> SearchResult:
        """Search. Raises `UserError` where figures cannot be compared: then nothing is recommended."""
        try:
            return self._search().run()
        except NoisyProbeError as error:
            why = noisy_line(error.summary, self.plan.seconds)
            raise UserError(
                f"model {self.subject.name!r}: nothing is recommended, since a probe was {why}"
            ) from error

    def begin(self) -> None:
        """Say what is to be expected, between which bounds is searched, and what that deploys."""
        args, facts = self.subject.args, self.subject.facts
        if it := predict_model(self.workspace, facts, accelerator_of(args)):
            self.tell(prediction_line(it))
        price = LISTED.of(instance_type(args))
        self.tell(bounds_line(search_bounds(args, facts)))
        self.tell(
            f"at most {self.plan.probes} probes and one curve, each a deployment on {instance_type(args)}"
            + (f" at ${price:.5f} a minute" if price else "")
        )

    def _search(self) -> Search:
        args = self.subject.args
        return Search(
            start=point_of(args),
            bounds=search_bounds(args, self.subject.facts),
            tokens_per_text=estimate_tokens(self.texts) / len(self.texts),
            measure=self._measure,
            texts_per_request=self.plan.texts_per_request,
            budget=self.plan.probes,
            tolerance=self.plan.tolerance,
        )

    @cached_property
    def _loading(self) -> LoadSeries:
        return LoadSeries(self.texts, self.plan, self.tell)

    def _measure(self, point: SettingsPoint) -> Probe:
        """Measure a point on a deployment of its own; one that does not start is a result as well."""
        load = self.plan.closed_load(point.predict_concurrency, point.max_client_batch_size)
        try:
            with self.scratch.deploy(point) as endpoint:
                probe = build_probe(point, self._loading.measure(endpoint, load))
        except FailedDeploymentError as error:
            probe = Probe(point, None, " ".join(error.problems[1:])[-200:] or str(error))
        self._probed += 1
        self.tell(probe_line(self._probed, probe))
        self.advance(f"probe {self._probed}")
        return probe

    def _curve(self, best: SettingsPoint) -> list[CurveLoad]:
        self.tell("from idle to full:")
        with self.scratch.deploy(best) as endpoint:
            curve = self._loading.curve(
                endpoint, best.predict_concurrency, best.max_client_batch_size
            )
        self.advance("curve")
        return curve

    def _autoscaling(self, curve: Sequence[CurveLoad]) -> TunedAutoscaling | None:
        if self.plan.wish is None or not curve:
            return None
        if noisy := find_noisy(curve):
            self.tell(f"autoscaling is not derived: {noisy_line(noisy, self.plan.seconds)}")
            return None
        found = derive_autoscaling(
            curve_points(curve), self.plan.wish, self.subject.args.autoscaling
        )
        for line in autoscaling_lines(found):
            self.tell(line)
        return found
